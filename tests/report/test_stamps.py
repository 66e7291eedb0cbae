"""A model whose weights knew scored clips is stamped wherever its scores stand; what cannot be known is said."""

import re
from pathlib import Path

import pytest
from support import fake_runs

from dalsegno.artefacts import leaks_json
from dalsegno.artefacts.leaks_json import Leaks
from dalsegno.report import gains

SKILL = {"classical/majority": None, "transfer/finetuned": 1.9}
KNOWN = "runs/cnn/conv/model.pt was trained or validated on 9 of the 40 scored clips."
PERHAPS = "mn10.pt was trained on AudioSet: recordings that are scored here may have been among them."


def reports(root, leaks, skill=SKILL, **data):
    """compare.json, the Markdown table and the page of models, of which those of transfer have `leaks`."""
    args = fake_runs.build(root, skill=skill, classes=fake_runs.CLASSES[:4], **data)
    for name in (name for name in skill if name.startswith("transfer/")):
        leaks_json.write(root / "runs" / name / "leaks.json", leaks)
    return fake_runs.compared(root, args), Path(args[6]).read_text(), fake_runs.reported(root, args)


@pytest.fixture(scope="module")
def leaky(tmp_path_factory):
    return reports(tmp_path_factory.mktemp("leaky"), Leaks(leaks=(KNOWN,)))


def test_the_stamp_stands_with_the_name_in_every_table_and_figure(leaky):
    _, table, page = leaky
    for text in (table.replace("\\", ""), page):
        named = re.findall(r"transfer/finetuned(?!-scratch)(.{8})", text)
        assert len(named) >= 3 and set(named) == {" (LEAKY)"}
        assert "transfer/finetuned-scratch (LEAKY)" not in text and "majority (LEAKY)" not in text
        assert KNOWN in text.replace("\\_", "_") and "Its scores are too high" in text


def test_the_page_leads_with_the_best_model_that_knew_no_scored_clip(leaky):
    assert leaky[0]["verdict"]["best"][0] == "transfer/finetuned-scratch"
    assert '<p class="lead">transfer/finetuned-scratch recognises ' in leaky[2]


def test_compare_json_keeps_the_names_and_says_why(leaky):
    models = leaky[0]["models"]
    assert models["transfer/finetuned"]["leaks"] == [KNOWN]
    assert not any("leaks" in models[name] for name in ("classical/majority", "transfer/finetuned-scratch"))


def test_several_leaky_models_share_one_box(tmp_path):
    *_, page = reports(tmp_path, Leaks(leaks=(KNOWN,)), SKILL | {"transfer/frozen": 1.5})
    assert page.count("may be compared with a score from an honest model") == 1
    for name in ("finetuned", "frozen"):
        assert f"<li><b>transfer/{name} (LEAKY).</b> {KNOWN}</li>" in page


def test_what_cannot_be_known_is_said_without_a_stamp(tmp_path):
    comparison, table, page = reports(tmp_path, Leaks(recordings=(PERHAPS,)), synthetic=False)
    assert comparison["models"]["transfer/finetuned"]["notes"] == [PERHAPS]
    assert PERHAPS in table and PERHAPS in page
    assert "LEAKY" not in table and "finetuned (LEAKY)" not in page


def test_clips_that_were_synthesised_are_among_nobodys_recordings(tmp_path):
    other = (
        "mn10.pt does not list the clips that it was trained on, so whether it knows the scored ones cannot be said."
    )
    comparison, table, page = reports(tmp_path, Leaks(recordings=(PERHAPS,), notes=(other,)))
    assert comparison["models"]["transfer/finetuned"]["notes"] == [other]
    assert PERHAPS not in table and PERHAPS not in page and other in page


def test_the_training_of_both_stands_with_what_pretraining_gains(leaky):
    same = "Both were trained for at most 30 epochs, layers that began at random with a learning rate of 0.002."
    for text in leaky[1:]:
        assert same in text
    models = {"a": {"max_epochs": 12, "lr": 0.002}, "b": {"max_epochs": 50, "lr": 0.002}, "c": {"max_epochs": 1}}
    assert gains.budgets("a", "c", models).endswith("and c at most 1 epoch at ??.")
    assert gains.budgets("a", "b", models) == (
        "They differ in their training as well: a had at most 12 epochs at a learning rate of 0.002, and b at most 50 epochs "
        "at 0.002."
    )
