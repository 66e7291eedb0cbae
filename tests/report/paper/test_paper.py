"""The PDF of a tree of finished runs: what it says, that it is the same twice, and what hostile names do."""

import contextlib
import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import fake_runs
from support.easy_task import stage
from support.finished_search import a_search
from support.wording import faults

from dalsegno.pipeline.errors import UserError
from dalsegno.report.page import sources
from dalsegno.report.paper import blocks, content, example, own_words, pdf, references
from dalsegno.report.paper.sections import closing, discussion, files, ground, models, results, search
from dalsegno.report.search import found
from tools import submission

FEW = {"classical/majority": None, "mlp/features": 1.2, "transfer/finetuned": 1.9}
HOSTILE = ["#panic()", "$x^2$ *bold* _it_", "@ref <label> `raw`", "\\ {} [x] // no", "爵士"]


def tree(root, scores="", paper=None, **shape):
    args = fake_runs.build(root, **{"skill": FEW, "classes": fake_runs.CLASSES[:4]} | shape)
    fake_runs.compared(root, args)
    (root / "metrics/kaggle.csv").write_text("model,score,date\n" + scores)
    doc = json.loads((root / "params.yaml").read_text())
    doc["paper"] |= paper or {}
    (root / "params.yaml").write_text(json.dumps(doc))
    return args


def paper(root, args):
    """The bytes of the PDF."""
    plots, clips_json, splits_json, protocols, runs, clips_csv, splits_csv, heard, *_ = fake_runs.for_report(root, args)
    made = [heard, str(root / "metrics/kaggle.csv"), fake_runs.examples(root), str(root / "report.pdf")]
    with contextlib.chdir(root):
        stage("paper")(
            args[5], plots, clips_json, splits_json, protocols, runs, clips_csv, splits_csv, *made, *fake_runs.FAMILIES
        )
    return (root / "report.pdf").read_bytes()


def read_from(root, args):
    """What the paper has to tell of."""
    plots, clips_json, splits_json, protocols, runs, clips_csv, *_ = fake_runs.for_report(root, args)
    return sources.read(args[5], plots, clips_json, splits_json, protocols, runs, {"data": clips_csv}, {})


def said(root, args, kaggle=None, p=None, searched=()):
    """All that the paper says, as one text."""
    read = read_from(root, args)
    made = content.content(
        read.under_stamped_names(),
        p or own_words.Params(team=[], search="data/clips.csv"),
        kaggle or {},
        None,
        list(searched),
        json.loads(Path(fake_runs.examples(root)).read_text()),
    )
    return json.dumps(made | {"sections": [_without_plots(part) for part in made["sections"]]}, ensure_ascii=False)


def _without_plots(part):
    for block in part["blocks"]:
        for figure in block.get("figures", []):
            figure.pop("svg")
    return part


def test_the_same_runs_make_the_same_pdf_and_say_what_is_missing(tmp_path, capsys):
    args = tree(tmp_path)
    first = paper(tmp_path, args)
    assert first.startswith(b"%PDF-") and first == paper(tmp_path, args)
    told = capsys.readouterr().out
    assert "?? stands where" in told and "; paper.team: " in told and "; a Kaggle score" in told
    assert b"CreationDate" not in first


def test_names_that_look_like_markup_are_text(tmp_path, capsys):
    members = [{"name": "#emph[A] $b$", "did": None}]
    args = tree(tmp_path, classes=sorted(HOSTILE), paper={"title": "*T* #1 <x>", "team": members})
    assert paper(tmp_path, args).startswith(b"%PDF-")
    assert "print as boxes unless a font of this machine has them: 士爵" in capsys.readouterr().out


def test_every_score_is_that_of_compare(tmp_path):
    args = tree(tmp_path)
    text, models = said(tmp_path, args), json.loads(Path(args[5]).read_text())["models"]
    for name, m in models.items():
        assert f'"{name}"' in text
        assert f"{100 * m['accuracy']:.1f}\\n{100 * m['accuracy_low']:.1f}–{100 * m['accuracy_high']:.1f}" in text
    assert "Synthetic data:" in text
    assert faults(text) == []
    assert "was made." not in text  # params.yaml of this tree says nothing of its models


def test_kaggle_scores_stand_beside_the_result_if_there_are_any(tmp_path):
    args = tree(tmp_path)
    assert '"Kaggle"' not in said(tmp_path, args)
    with_score = said(tmp_path, args, {"mlp/features": (0.79, "2026-05-31"), "mlp/gone": (0.5, "")})
    assert '"Kaggle"' in with_score and "79.0\\n2026-05-31" in with_score
    assert "Kaggle's score for mlp/features was 79.0% on 2026-05-31; here it has " in with_score


def test_a_leak_and_a_lack_of_test_clips_are_told(tmp_path):
    args = tree(tmp_path, skill={"mlp/features": 1.0}, held_out="", leaky=True, synthetic=False)
    text = said(tmp_path, args)
    assert "LEAKY split: models were trained" in text and "Validation, not test:" in text
    assert "Synthetic data:" not in text
    assert paper(tmp_path, args)


@pytest.mark.parametrize(
    "shape", [{"classes": ["a", "b"], "skill": {"classical/majority": None}}, {"repeats": 2, "n_folds": 3}]
)
def test_one_model_without_curves_and_repeated_folds(tmp_path, shape):
    assert paper(tmp_path, tree(tmp_path, **shape)).startswith(b"%PDF-")


def test_no_half_written_pdf(tmp_path):
    with pytest.raises(Exception, match=r"dictionary|key|title"):
        pdf.write(tmp_path / "p.pdf", {})
    assert not list(tmp_path.iterdir())


def test_the_table_of_files_names_what_is_there():
    root = Path(__file__).parents[3]
    for names in files.FILES:
        for name in re.split(", ", names):
            assert name == "MANIFEST.md" or (root / name).exists(), name
    rooms = {
        f"src/dalsegno/{path.parent.name}/": submission.sentence(path)
        for path in root.glob("src/dalsegno/*/__init__.py")
    }
    assert {name: said for name, said in files.FILES.items() if name in rooms} == rooms


def test_what_a_model_cost_and_on_what_it_was_trained_is_told(tmp_path):
    text = said(tmp_path, tree(tmp_path))
    assert '["transfer/finetuned", "90,000\\n45,000", "23.3", "15.7", "9.42", "6.33", "??", "0.123", "612"]' in text
    assert (
        '["Python", "3.12.4"], ["Processor", "Made <up>"], ["Cores", "4"]' in text
        and '["Packages", "torch 2.9.0"]' in text
    )


def test_a_clip_of_each_class_is_drawn_with_axes(tmp_path):
    sound, picture = json.loads(Path(fake_runs.examples(tmp_path)).read_text())
    drawn = example.drawn(sound)
    assert all(f">{words}<" in drawn for words in ("s", "Hz", "dB", "100", "6400", "−80", "4"))
    assert ">Hz<" not in example.drawn(picture) and "<image" in example.drawn(picture)


def test_what_a_run_needs_beside_the_archive_is_told():
    doc = {"corpus": {}, "dataset": {"root": "data/x"}, "features": {"source": "csv", "table": "data/x.csv"},
           "transfer": {"a": {"weights": "weights/net.pth"}, "b": {"weights": "data/pretrain/notes/model.pt"}}}  # fmt: skip
    data, weights = (block["words"] for block in content._needed(doc))
    assert data.endswith("where they lie: data/x, and features.table the features: data/x.csv.")
    assert weights.endswith("weights fetch NAME`: weights/net.pth.")
    assert not list(content._needed({"corpus": {"styles": {}}, "dataset": {"root": "data/corpus/styles"}}))


def test_a_score_that_is_none_is_refused_with_its_line(tmp_path):
    args = tree(tmp_path, scores="mlp/features,79,2026-05-31\n")
    with pytest.raises(UserError, match="line 2: expected a score from 0 to 1, got '79'"):
        paper(tmp_path, args)


def test_own_words_stand_where_they_belong(tmp_path):
    args = tree(tmp_path)
    p = own_words.Params(
        team=[],
        search="data/clips.csv",
        introduction="Why it matters.\n\nAnd to whom.",
        why={"mlp/features": "It is small."},
    )
    text = said(tmp_path, args, p=p)
    assert (
        "Which of 4 models recognises" in said(tmp_path, args)
        and "fully connected networks on features: mlp/features" in text
    )
    assert '"Why it matters."' in text and '"And to whom."' in text
    assert '"words": "It is small."' in text
    assert '"??"' in text  # contributions that nobody wrote
    lacking = " ".join(own_words.missing(p, ["mlp/features", "cnn/conv"], {}))
    assert "paper.conclusions" in lacking and "paper.introduction" not in lacking and "reason for cnn/conv" in lacking


def test_a_reason_for_an_entry_that_there_is_not_is_refused(tmp_path):
    args = tree(tmp_path, paper={"title": None, "team": [], "why": {"mlp/feature": "x"}})
    with pytest.raises(UserError, match=r"paper.why.mlp/feature: params.yaml has no such entry.*mlp/features"):
        paper(tmp_path, args)


def test_what_transfer_gains_and_what_each_model_does_best_is_told(tmp_path):
    args = tree(tmp_path)
    text, gain = said(tmp_path, args), json.loads(Path(args[5]).read_text())["gains"]["transfer/finetuned"]
    verb = "costs" if gain["accuracy"] < 0 else "gains"
    assert f"Pretraining {verb} {abs(100 * gain['accuracy']):.1f} points of accuracy" in text
    assert "their difference from transfer/finetuned-scratch" in text
    rows = re.findall(r'\["(\S+)", "[^"]+ \(\d+%\)", "[^"]+ \(\d+%\)", "[^"]+ for [^"]+ \(\d+%\)"', text)
    assert sorted(rows) == sorted([*FEW, "transfer/finetuned-scratch"])


def test_the_abstract_answers_and_the_conclusions_say_what_follows(tmp_path):
    args = tree(tmp_path)
    made = content.content(
        read_from(tmp_path, args).under_stamped_names(), own_words.Params(team=[], search="data/clips.csv"), {}, None, [],
        json.loads(Path(fake_runs.examples(tmp_path)).read_text()),
    )  # fmt: skip
    *_, last = [part for part in made["sections"] if part["title"] == "Discussion and conclusions"]
    at = last["blocks"].index(blocks.heading("Conclusions"))
    concluded = last["blocks"][at + 1]["words"]
    sentences = {sentence for words in made["abstract"] for sentence in re.split(r"(?<=[.?]) (?=[A-Z])", words)}
    assert "recognises" in " ".join(sentences) and not [sentence for sentence in sentences if sentence in concluded]
    assert "whether pretraining helps transfer/finetuned" in concluded or "Pretraining h" in concluded


def in_a_tie(best, **other):
    pair = {"model": "a", "other": "b", "accuracy": 0.02, "low": -0.01, "high": 0.05, "p_holm": 1.0, "visible": 0.1, "told_apart": False}  # fmt: skip
    compare = {
        "models": {name: {"accuracy": 0.7, "accuracy_low": 0.6, "accuracy_high": 0.8} for name in "ab"},
        "verdict": {"models": 2, "pairs": 1, "best": best, "p_value": 0.2, "letters": {"a": "a", "b": "a"}},
        "interval": {"confidence": 0.95, "unit": "group", "units": 80}, "protocol": {"part": "test"},
        "dataset": {"scored_clips": 240}, "gains": {},
    }  # fmt: skip
    for section, values in other.items():
        compare[section] = compare[section] | values
    empty = {field.name: {} for field in dataclasses.fields(sources.Sources)}
    return sources.Sources(**empty | {"compare": compare, "tables": {"pairs": pd.DataFrame([pair])}})


@pytest.mark.parametrize(
    ("s", "said"),
    [
        (in_a_tie(["a", "b"]), "Which model is best remains open: it may be any of them. Nothing here says that"),
        (in_a_tie(["a"]), "a is the one to take, unless a model that costs less is good enough."),
        (in_a_tie(["a", "b"], interval={"units": 1}), "With a single independent group, nothing follows"),
        (in_a_tie(["a", "b"], verdict={"letters": {}}), "a is the one to take; no other order follows"),
        (in_a_tie(["a"], verdict={"models": 1}), "Whether a is worth its cost cannot be said"),
        (
            in_a_tie(["a"], gains={"a": {"accuracy": 0.1, "low": -0.01, "high": 0.2, "told_apart": True}}),
            "trained for as long as these two were, it pays to start from pretrained",
        ),
        (in_a_tie(["a"], gains={"a (LEAKY)": {"accuracy": 0.1, "told_apart": True}}), "cannot be concluded"),
        (in_a_tie(["a"], gains={"a": {"accuracy": -0.1, "told_apart": True}}), "it pays to start from random"),
        (
            in_a_tie(["a"], gains={"a": {"accuracy": 0.1, "low": 0.01, "high": 0.2, "told_apart": False}}),
            "These clips do not show whether pretraining helps a.",
        ),
    ],
)
def test_what_follows_is_no_more_than_the_numbers_allow(s, said):
    assert said in closing.conclusions(s)


def test_what_several_models_have_in_common_is_said_once():
    made = {
        "a": {"loss": "cross entropy", "rate": "1"},
        "b": {"loss": "cross entropy", "rate": "2"},
        "c": {"head": "one"},
    }
    assert models._common(made) == {"loss": "cross entropy"}


def test_which_network_fits_its_training_clips_most_beyond_new_ones_is_told(tmp_path):
    read = read_from(tmp_path, tree(tmp_path))
    rows = [("cnn/a", 0.9, 0.7), ("cnn/b", 0.8, 0.7), ("cnn/c", 1.0, np.nan)]  # the last has no validation clips
    curves = [
        pd.DataFrame(
            dict(model=m, run="r", epoch=[0, 1], val_loss=[2.0, 1.0], train_accuracy=[0, fit], val_accuracy=[0, new])
        )
        for m, fit, new in rows
    ]
    s = dataclasses.replace(
        read, tables={"curves": pd.concat(curves)}, compare={"models": {m: {"accuracy": 0.5} for m, *_ in rows}}, params={}
    )  # fmt: skip
    (said,) = discussion._overfitting(s)
    assert "cnn/a (90% and 70% right) has the widest gap" in said and said.endswith(
        "cnn/b (80% and 70% right) has the narrowest."
    )
    alone = dataclasses.replace(s, tables={"curves": curves[0]})
    assert list(discussion._overfitting(alone)) == []


def test_the_easiest_and_the_hardest_class_are_told_over_all_models(tmp_path):
    read = read_from(tmp_path, tree(tmp_path))
    recall = pd.DataFrame(
        {"class": ["jazz", "rock"] * 2, "recall": [0.9, 0.2, 0.7, 0.4], "model": ["a", "a", "b", "b"]}
    )
    of = dataclasses.replace(read, tables={"classes": recall}, compare={"models": {"a": {}, "b": {}}})
    (said,) = discussion._by_class(of)
    assert "all 2 models, jazz (80% of its clips) is recognised best and rock (30% of its clips) worst" in said
    even = dataclasses.replace(of, tables={"classes": recall.assign(recall=0.5)})
    assert list(discussion._by_class(even)) == []


def test_what_came_back_for_a_leaky_model_stands_under_its_stamped_name(tmp_path):
    args = tree(tmp_path)
    compare = json.loads(Path(args[5]).read_text())
    compare["models"]["mlp/features"]["leaks"] = ["It knew them."]
    Path(args[5]).write_text(json.dumps(compare))
    text = said(tmp_path, args, kaggle={"mlp/features": (0.79, "2026-05-31")})
    assert "79.0\\n2026-05-31" in text


def test_how_training_went_is_told_though_curves_may_lack_the_metric_that_chose_the_epoch(tmp_path):
    curves = pd.DataFrame(
        {"model": "cnn/a", "run": "fold0_seed0", "epoch": [0, 1], "val_accuracy": [0.7, 0.6], "train_accuracy": 0.9}
    )
    read = read_from(tmp_path, tree(tmp_path))
    for monitor, right in (("val_accuracy", "validation 70%, training 90%; "), ("val_balanced_accuracy", "")):
        for table in (curves, curves.assign(val_balanced_accuracy=np.nan)):  # another model's curves have it
            asked = {"cnn": {"a": {"train": {"monitor": monitor}}}}
            s = dataclasses.replace(read, tables={"curves": table}, params=asked)
            told = discussion._course("cnn/a", {"train_s": 3, "max_epochs": 2}, s)
            assert told == f"{right}3 s; 1 of 1 runs at 2 epochs"


ALONE = {"input": "features", "loss": "cross entropy", "batch size": "32", "epochs": "60", "augmentation": "none"}


@pytest.mark.parametrize(
    ("own", "like"),
    [
        (ALONE | {"augmentation": "mixup"}, "mlp/a"),
        (ALONE, "mlp/a"),
        (ALONE | {"loss": "hinge", "epochs": "9", "augmentation": "mixup"}, ""),  # more than half is another
        ({**ALONE, "head": "linear"}, ""),
    ],
)
def test_of_a_model_that_is_much_like_another_only_the_difference_is_told(own, like):
    whole = {"cnn/a": own, "mlp/a": ALONE}
    assert models._likest("mlp/b", own, whole) == like


def test_a_single_difference_is_a_sentence_and_no_table():
    cite = content.Cited()
    assert (
        models._but_for("mlp/a", {"augmentation": "none"}, cite)
        == "It was made as mlp/a was, but for its augmentation: none."
    )
    assert models._but_for("mlp/a", {}, cite) == "It was made as mlp/a was." and models._but_for("", ALONE, cite) == ""


def test_networks_of_the_same_layers_are_drawn_and_listed_once(tmp_path):
    args = tree(tmp_path)
    read = read_from(tmp_path, args)
    rows = pd.DataFrame(
        [("a", "Linear", "8", 9), ("b", "Linear", "4", 5)], columns=["layer", "type", "output", "parameters"]
    )
    s = dataclasses.replace(read, layers={"mlp/features": rows, "transfer/finetuned": rows.copy()})
    made = list(models.drawings(s))
    tables = [block["caption"] for block in models.layers(s) if block["kind"] == "table"]
    assert tables == ["Layers of mlp/features and transfer/finetuned."]
    assert [len(block["figures"]) for block in made if block["kind"] == "figures"] == [1, 0]
    assert [
        part["title"]
        for part in content.content(s, own_words.Params(team=[], search="data/clips.csv"), {}, None, [], [])["sections"]
    ][-1] == "Layers one by one"


@pytest.mark.parametrize(("without", "told"), [(0, ""), (1, "labelled clip, which"), (39, "39 labelled clips, each")])
def test_clips_of_no_known_group_are_a_limit_of_a_split_by_groups(without, told):
    said = ground._grouped({"source_in_words": "stated by the data set", "clips_without": without})
    assert "stay in one part. Groups are stated by the data set." in said
    assert ("No group is known for" in said) == bool(told) and told in said


def test_a_search_is_told_with_its_best_trials_and_the_score_of_the_chosen(tmp_path):
    folder = tmp_path / "data/searches/small"
    args = tree(tmp_path, paper={"search": str(folder)})
    a_search(folder)
    text = said(tmp_path, args, searched=found.read(str(folder)))
    assert paper(tmp_path, args).startswith(b"%PDF-")
    assert "mlp/features were searched in 3 trials (2 complete, 1 pruned), drawn at random [" in text
    assert (
        "fell behind ended early" in text
        and '["learning rate\\ntrain.lr", "0.0001 to 0.5, logarithmically", "0.001", "90.0"]' in text
    )
    assert "random search for hyper-parameter optimization" in text.lower()
    assert "70.0% (60.0–80.0) of the test clips" in text and "about 2.1 points" in text
    assert '"head": ["trial", "learning rate", "validation accuracy, %"]' in text
    assert '["2", "0.001", "75.0"], ["0", "0.1", "50.0"]]' in text
    assert found.read(str(tmp_path / "data/clips.csv")) == []
    with pytest.raises(UserError, match=r"paper.search: there is no search.json in"):
        found.read(str(tmp_path / "runs"))


@pytest.mark.parametrize(("rate", "others"), [({"uniform": [0, 1]}, True), ({"choice": [0.1, 0.2]}, False)])
def test_a_grid_says_whether_other_settings_were_drawn_at_its_points(tmp_path, rate, others):
    space = {"train.batch_size": {"choice": [8, 16]}, "train.lr": rate}
    written = a_search(tmp_path / "s", sampler="grid", space=space)
    how = search._how(written, pd.DataFrame({"state": ["complete"]}), "validation accuracy", references.Cited())
    assert "the points of a grid" in how and ("each with the other settings drawn at random" in how) == others


@pytest.mark.parametrize(
    ("widths", "said"),
    [([64], "has these settings"), ([32], "which differ from these"), ([], "which differ from these")],
)
def test_a_search_says_whether_the_compared_model_has_what_it_chose(widths, said):
    chose = {"of": "mlp.small", "values": {"model.widths.0": 64, "train.lr": 0.001}}
    doc = {"mlp": {"small": {"model": {"widths": widths}, "train": {"lr": 0.001}}}}
    assert said in search._compared(chose, doc)
    assert search._compared(chose, {"mlp": {"other": {}}}) == ""


def test_all_searches_of_a_folder_are_told_each_under_its_key(tmp_path):
    args = tree(tmp_path)
    for key, rate in (("wide", 0.01), ("narrow", 0.001)):
        a_search(tmp_path / "data/searches" / key, values={"train.lr": rate})
    all_of_them = found.read(str(tmp_path / "data/searches"))
    assert [key for key, *_ in all_of_them] == ["narrow", "wide"]
    text = said(tmp_path, args, searched=all_of_them)
    assert '"Search narrow"' in text and '"Search wide"' in text
    assert '"Search narrow"' not in said(tmp_path, args, searched=all_of_them[:1])
    assert all(f'"0.0001 to 0.5, logarithmically", "{rate}", "90.0"' in text for rate in ("0.001", "0.01"))


def test_every_table_and_figure_is_referred_to_by_the_number_that_the_layout_gives_it():
    table = blocks.table("", [], [])
    figure = {"svg": "", "caption": "", "width_pt": 1}
    within = [
        blocks.text("Said."), table, blocks.figures([]), blocks.figures([figure, figure]), blocks.heading("h"), table,
        table, blocks.text("More."), blocks.figures([figure, figure], "panels", 2), blocks.points(["p"]), table,
    ]  # fmt: skip
    first, second = blocks.referred(
        [blocks.section("one", within), blocks.section("two", [blocks.text("End."), table])]
    )
    said = [block["words"] for block in first["blocks"] if block["kind"] == "text"]
    assert said == [
        "Said. See Table 1 and Figures 1 and 2.",
        "Details are in Tables 2 and 3.",
        "More. See Figure 3 and Table 4.",
    ]
    assert second["blocks"][0]["words"] == "End. See Table 5."
    assert [block["kind"] for block in first["blocks"]].count("figures") == 2  # what is empty is left out


def test_what_is_said_of_copies_and_groups_is_what_was_done_with_them(tmp_path):
    args = tree(tmp_path)
    read = read_from(tmp_path, args)
    leaky = dataclasses.replace(
        read, splits=read.splits | {"leaks": read.splits["leaks"] | {"group": 3, "near_copy": 2}}
    )
    blind = dataclasses.replace(read, params=read.params | {"dataset": {"near_copies": False}})
    of_data = {name: str(list(ground.data(of, [], references.Cited()))) for name, of in
               {"kept apart": read, "leaky": leaky, "not searched for": blind}.items()}  # fmt: skip
    assert "those found are kept on one side of the split" in of_data["kept apart"]
    assert "on either side of the split" in of_data["leaky"] and "on one side" not in of_data["leaky"]
    assert "near copies were not searched for" in of_data["not searched for"]
    assert "pairs of near copies" not in of_data["not searched for"]
    stays = "stay in one part"
    assert stays in str(list(ground.splits(read, references.Cited()))) and stays not in str(
        list(ground.splits(leaky, references.Cited()))
    )


def test_of_many_models_the_most_accurate_are_compared_pair_by_pair():
    names = [f"cnn/{i}" for i in range(20)]
    pairs = [{"model": a, "other": b, "accuracy": 0.1, "told_apart": False} for a in names for b in names if a < b]
    block = results._matrix(names, pairs)
    assert len(block["rows"]) == len(block["head"]) == 12 and block["rows"][-1][0] == "12 cnn/11"
    assert "Of 20 models, the 12 most accurate." in block["caption"]
    assert "Of 2 models" not in results._matrix(names[:2], pairs)["caption"]
