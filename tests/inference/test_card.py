"""`dalsegno card`: what the run measured, in the format of a model card."""

import contextlib
import json
import shutil
from pathlib import Path

import pytest
import yaml
from support import stored
from support.easy_task import stage

from dalsegno.artefacts import model_npz
from dalsegno.cli import main
from dalsegno.cli.listening import card
from dalsegno.inference import card as of_run


@pytest.fixture
def compared(run):
    """The run with its comparison."""
    if not Path("metrics/compare.json").exists():
        doc = yaml.safe_load(Path("params.yaml").read_text()) | {
            "compare": {"confidence": 0.9, "resamples": 200},
            "external": {},
        }
        Path("params.yaml").write_text(yaml.safe_dump(doc, sort_keys=False))
        Path("metrics/kaggle.csv").write_text("model,score,date\n")
        stage("compare")(
            "data/splits.csv", "metrics/splits.json", "metrics/clips.json", "runs", "data/costs",
            "metrics/compare.json", "reports/compare.md", "metrics/plots", "metrics/kaggle.csv",
            "classical", "mlp", "cnn", "transfer", "external",
        )  # fmt: skip
    return run


@pytest.mark.parametrize(
    "name",
    ["classical/svm", "mlp/pca", "transfer/published", "transfer/frozen", "transfer/tuned-scratch", "ensembles/both"],
)
def test_it_says_data_protocol_results_limits_and_licence(compared, capsys, name):
    main.main(["card", name])
    _, front, text = capsys.readouterr().out.split("---\n", 2)
    scores = json.loads(Path("metrics/compare.json").read_text())["models"][name]
    front = yaml.safe_load(front)
    values = {m["type"]: m["value"] for entry in front.get("model-index", []) for m in entry["results"][0]["metrics"]}
    assert values.get("accuracy") == (None if scores.get("leaks") else scores["accuracy"])
    assert front["pipeline_tag"] == "audio-classification"
    for heading in ("Data", "Protocol", "Results", "Limits", "Licence", "Use"):
        assert f"## {heading}\n" in text
    assert (
        f"| accuracy | {scores['accuracy']:.3f} | {scores['accuracy_low']:.3f} to {scores['accuracy_high']:.3f} |"
        in text
    )
    assert "90% interval" in text and "24 clips" in text
    if name.startswith("transfer"):
        assert ("from which it started, was" in text) is not name.endswith("scratch")
    if name == "transfer/frozen":
        assert (
            "`runs/cnn/crops/model.pt`, from which it started, was trained on" in text and "listed in the model" in text
        )
    asked = {"classical/svm": "dalsegno predict model.npz FILE", "ensembles/both": "needs the files of all its members"}
    assert asked.get(name, "dalsegno predict model.pt FILE") in text
    assert ("It started from nobody else's weights" in text) is (not name.startswith("transfer") or "scratch" in name)
    if name == "transfer/published":
        assert "licence of the published weights: unknown" in text  # this file is in no list


NAMES = ["a|b\n| c |", "<b>x</b>\n## Boo", "---\n- *1*_2_`3`[l](u) $x$ \\ &amp; \"'#, ~~日本~~"]


def test_names_of_whatever_kind_change_nothing_around_them(compared, capsys, tmp_path):
    """As GitHub and Hugging Face read it: YAML above, and below no heading, list, table or element that is not ours."""
    shutil.copytree(compared / "metrics", tmp_path / "metrics")
    content = stored.load("runs/classical/svm") | {"labels": NAMES}
    (tmp_path / "runs/classical/svm").mkdir(parents=True)
    model_npz.save(tmp_path / "runs/classical/svm/model.npz", content)
    with contextlib.chdir(tmp_path):
        main.main(["card", "classical/svm"])
        plain = capsys.readouterr().out
        for name, change in {
            "clips": lambda said: said.update(labels=dict.fromkeys(NAMES, 8)),
            "compare": lambda said: (
                said["dataset"].update(title=NAMES[2]), said["protocol"].update(caveats=[f"no clip of {NAMES[1]}"])
            ),
        }.items():  # fmt: skip
            said = json.loads(Path(f"metrics/{name}.json").read_text())
            change(said)
            Path(f"metrics/{name}.json").write_text(json.dumps(said))
        main.main(["card", "classical/svm"])
        odd = capsys.readouterr().out
    front, text = odd.removeprefix("---\n").split("\n---\n", 1)
    assert yaml.safe_load(front)["model-index"][0]["results"][0]["dataset"]["name"] == NAMES[2]
    assert text.count("\n#") == plain.count("\n#") and "<b>" not in text and "\n- \\*" not in text
    assert (
        r"Classes: “a\|b \| c \|”, “&lt;b>x&lt;/b> \#\# Boo”, “--- - \*1\*\_2\_\`3\`\[l\](u) \$x\$ \\ &amp;amp;" in text
    )


def test_a_model_that_was_not_scored_is_refused(compared, tmp_path, monkeypatch):
    with pytest.raises(SystemExit) as end:
        main.main(["card", "cnn/crop"])
    assert "did you mean 'cnn/crops'?" in str(end.value.code)
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("dataset: {}\n")
    with pytest.raises(SystemExit) as end:
        main.main(["card", "cnn/crops"])
    assert "dvc repro" in str(end.value.code)


@pytest.mark.parametrize("leak", ["of the split", "of the weights"])
def test_a_leaky_score_is_stamped_where_it_stands_and_not_handed_to_a_ranking(compared, capsys, tmp_path, leak):
    shutil.copytree(compared / "metrics", tmp_path / "metrics")
    said = json.loads((tmp_path / "metrics/compare.json").read_text())
    if leak == "of the split":
        said["protocol"]["leaky"] = True
    else:
        said["models"]["mlp/pca"]["leaks"] = ["it started from weights that knew 3 of these clips"]
    (tmp_path / "metrics/compare.json").write_text(json.dumps(said))
    (tmp_path / "runs").symlink_to(compared / "runs")
    with contextlib.chdir(tmp_path):
        main.main(["card", "mlp/pca"])
    _, front, text = capsys.readouterr().out.split("---\n", 2)
    assert "model-index" not in yaml.safe_load(front)
    assert text.split("## Results\n\n")[1].startswith("**LEAKY**: it was trained on some of what is scored here")
    assert "did not train on it" not in text


@pytest.mark.parametrize(
    ("folds", "seeds", "said"),
    [(1, 1, ""), (1, 3, "the mean of all seeds, and the scores are means"), (3, 1, "the mean of all folds, which no clip here can judge")],
)  # fmt: skip
def test_what_the_stored_model_has_to_do_with_the_scores_is_told(folds, seeds, said):
    compared = {"interval": {"units": 9, "unit": "clip", "confidence": 0.95}, "protocol": {"leaky": False, "folds": folds, "seeds": seeds}}  # fmt: skip
    text = of_run._results(compared, {"accuracy": 0.5}, None)
    assert "| accuracy | 0.500 | none |" in text and text.endswith(
        f"The stored model answers as {said}{' of theirs' * (folds < 2)}." if said else "that did not train on it."
    )


def test_weights_from_a_package_have_its_licence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert card._licences()["weights/mn04_as_mAP_432.pt"] == "MIT"
    Path("params.yaml").write_text("packaged: {songs: {checkpoint: MSD_musicnn}, gone: {checkpoint: none}}")
    licences = card._licences()
    assert licences["data/packaged/songs/model.pt"] == "ISC" and "data/packaged/gone/model.pt" not in licences
