"""compare.json of made-up runs: scores as scikit-learn has them, gains, segments, confusions, curves and costs."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score
from support import fake_runs

from dalsegno.artefacts import leaks_json
from dalsegno.artefacts.learning import curves_csv, predictions_parquet, splits_csv
from dalsegno.pipeline.errors import UserError
from dalsegno.scoring import tables

STAGE = Path("stages/compare.py").resolve()
FEW = {"classical/majority": None, "mlp/features": 1.2, "transfer/finetuned": 1.9}


def plot(args, name):
    return pd.read_csv(Path(args[7], f"{name}.csv"))


def written(args):
    """What the stage wrote."""
    return [path for path in [Path(args[5]), Path(args[6]), *sorted(Path(args[7]).glob("*"))] if path.exists()]


def edit(root, name, change):
    path = Path(root, "runs", name, "predictions.parquet")
    change(pd.read_parquet(path)).to_parquet(path, index=False)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A compared tree that no test changes: its folder, its arguments, compare.json."""
    root = tmp_path_factory.mktemp("tree")
    args = fake_runs.build(root, skill=FEW)
    return root, args, fake_runs.compared(root, args)


@pytest.fixture
def copy(tree, tmp_path):
    """A copy that a test may change: its folder and its arguments."""
    root, args, _ = tree
    shutil.copytree(root, tmp_path / "copy")
    return tmp_path / "copy", [a.replace(str(root), str(tmp_path / "copy")) for a in args]


def test_scores_are_means_over_seeds_of_scikit_learns(tree):
    root, _, found = tree
    rows = predictions_parquet.read(root / "runs/mlp/features/predictions.parquet")
    rows = rows[rows["split"] == "test"]
    called = np.array(predictions_parquet.classes(rows))[
        rows[[f"p_{c}" for c in predictions_parquet.classes(rows)]].to_numpy().argmax(1)
    ]
    seeds = [(g["label"], called[rows["seed"] == seed]) for seed, g in rows.groupby("seed")]
    model = found["models"]["mlp/features"]
    assert len(seeds) == 3
    assert model["accuracy"] == pytest.approx(np.mean([accuracy_score(*s) for s in seeds]), abs=1e-6)
    assert model["macro_f1"] == pytest.approx(np.mean([f1_score(*s, average="macro") for s in seeds]), abs=1e-6)
    assert model["accuracy_low"] < model["accuracy"] < model["accuracy_high"]


def test_says_what_was_scored_and_how(tree):
    _, _, found = tree
    assert found["dataset"] == {
        "title": "synthetic styles", "synthetic": True, "clips": 240, "scored_clips": 80, "classes": 8,
        "most_frequent": {"class": "ambient", "share": 0.125},
    }  # fmt: skip
    assert found["protocol"] == {
        "name": "holdout", "leaky": False, "part": "test", "folds": 1, "repeats": 1, "seeds": 3, "predictions": 80,
        "not_shared": 0, "left_out": [], "caveats": [],
    }  # fmt: skip
    assert found["interval"] == {"confidence": 0.95, "unit": "group", "units": 16, "lone_classes": []}
    assert list(found["models"]) == [*FEW, "transfer/finetuned-scratch"]
    costs = ("parameters", "epochs", "train_s", "predict_ms_per_clip", "peak_memory_mb")
    cost = {k: found["models"]["mlp/features"][k] for k in costs}
    assert cost == {
        "parameters": 30_000, "epochs": 23.3, "train_s": 9.42, "predict_ms_per_clip": 0.123, "peak_memory_mb": 612.0
    }  # fmt: skip
    assert "parameters" not in found["models"]["classical/majority"]


def test_what_pretraining_gains_is_paired_over_the_same_clips(tree):
    root, args, found = tree
    assert list(found["gains"]) == ["transfer/finetuned"]
    gain = found["gains"]["transfer/finetuned"]
    assert gain["over"] == "transfer/finetuned-scratch"
    one, other = (found["models"][name]["accuracy"] for name in ("transfer/finetuned", gain["over"]))
    assert gain["accuracy"] == pytest.approx(one - other, abs=2e-6)
    assert gain["low"] < gain["accuracy"] < gain["high"]
    columns = [f"p_{c}" for c in fake_runs.CLASSES]
    right = []
    for folder in ("finetuned", "finetuned/control"):
        path = root / "runs/transfer" / folder / "predictions.parquet"
        rows = predictions_parquet.read(path).query("split == 'test'")
        called = rows[columns].idxmax(axis=1).str.removeprefix("p_")
        right.append((called == rows["label"]).groupby(rows["clip_id"]).mean())
    better = right[0] - right[1]
    assert gain["right_alone"] == pytest.approx(better.clip(lower=0).sum(), abs=1e-5) and gain["right_alone"] > 0
    assert gain["wrong_alone"] == pytest.approx(-better.clip(upper=0).sum(), abs=1e-5)
    assert gain["accuracy"] == pytest.approx((gain["right_alone"] - gain["wrong_alone"]) / 80, abs=1e-5)
    assert 0 < gain["p_value"] <= 1
    text = Path(args[6]).read_text()
    assert min(gain["accuracy"], gain["low"]) > 0  # so that no sign is to be written as a minus
    points = f"{100 * gain['accuracy']:.1f} points of accuracy ({100 * gain['low']:.1f} to {100 * gain['high']:.1f})"
    assert "transfer/finetuned-scratch is the network of transfer/finetuned from scratch" in text
    assert f"Pretraining gains {points}." in text


def test_without_a_twin_there_is_no_gain(tmp_path):
    args = fake_runs.build(tmp_path, skill={"transfer/finetuned": 1.0}, control=False)
    assert fake_runs.compared(tmp_path, args)["gains"] == {}
    assert "gains" not in Path(args[6]).read_text()


def test_a_network_that_is_called_from_scratch_is_no_twin_of_another_family(tmp_path):
    args = fake_runs.build(tmp_path, skill={"cnn/conv": 1.0, "cnn/conv-scratch": 0.5, "mlp/features": 1.0})
    found = fake_runs.compared(tmp_path, args)
    assert list(found["models"]) == ["mlp/features", "cnn/conv", "cnn/conv-scratch"] and found["gains"] == {}
    shutil.copytree(tmp_path / "runs/mlp/features", tmp_path / "runs/mlp/features-scratch")  # left by an earlier run
    assert list(fake_runs.compared(tmp_path, args)["models"]) == list(found["models"])


def test_segments_are_scored_over_the_same_units_as_clips(tmp_path):
    args = fake_runs.build(tmp_path, skill={"cnn/conv": 1.5, "mlp/features": 1.0})
    models = fake_runs.compared(tmp_path, args)["models"]
    rows = pd.read_parquet(tmp_path / "runs/cnn/conv/segments.parquet").query("split == 'test'")
    called = np.array(fake_runs.CLASSES)[rows[[f"p_{c}" for c in fake_runs.CLASSES]].to_numpy().argmax(1)]
    m = models["cnn/conv"]
    assert m["segment_accuracy"] == pytest.approx((called == rows["label"]).mean(), abs=1e-6)
    assert m["segment_accuracy"] < m["accuracy"]
    width = m["segment_accuracy_high"] - m["segment_accuracy_low"]
    assert m["segment_accuracy_low"] < m["segment_accuracy"] < m["segment_accuracy_high"]
    assert width > 0.5 * (m["accuracy_high"] - m["accuracy_low"])  # four windows a clip are not four clips
    assert "segment_accuracy" not in models["mlp/features"]
    head, _, *lines = [line.split(" | ") for line in Path(args[6]).read_text().splitlines() if line.startswith("| ")]
    assert head[3] == "segment accuracy"
    assert lines[0][3].startswith(f"{100 * m['segment_accuracy']:.1f} (")
    assert lines[1][3] == "–"


def test_segments_always_right_are_no_surer_than_the_clips_allow(tmp_path):
    args = fake_runs.build(tmp_path, skill={"cnn/conv": 50.0}, groups_per_class=0)
    path = tmp_path / "runs/cnn/conv/segments.parquet"
    rows = pd.read_parquet(path)
    rows[rows["segment"] != 1].to_parquet(path)
    m = fake_runs.compared(tmp_path, args)["models"]["cnn/conv"]
    assert (m["segment_accuracy"], m["segment_accuracy_high"]) == (1, 1)
    assert m["segment_accuracy_low"] == m["accuracy_low"] < 0.97


def test_no_segments_no_column(tree):
    assert "segment" not in Path(tree[1][5]).read_text()


def test_confusions_are_summed_over_seeds(tree):
    root, args, _ = tree
    rows = predictions_parquet.read(root / "runs/mlp/features/predictions.parquet").query("split == 'test'")
    p = rows[[f"p_{c}" for c in fake_runs.CLASSES]].to_numpy()
    expected = confusion_matrix(rows["label"], np.array(fake_runs.CLASSES)[p.argmax(1)])
    ours = plot(args, "confusion").query("model == 'mlp/features'")
    counts = ours.pivot(index="actual", columns="predicted", values="clips").reindex(columns=fake_runs.CLASSES)
    assert counts.fillna(0).to_numpy().tolist() == expected.tolist()
    assert ours.groupby("actual")["share"].sum().to_numpy() == pytest.approx(1, abs=1e-3)
    assert list(dict.fromkeys(ours["actual"])) == fake_runs.CLASSES


def test_a_confusion_lists_the_diagonal_and_what_is_not_zero():
    rows = tables.confusion_rows("m", np.array([[3, 0, 1], [0, 0, 0], [2, 0, 0]]), ["a", "b", "c"])
    assert rows.drop(columns="model").fillna(-1).to_numpy().tolist() == [
        ["a", "a", 3, 0.75], ["a", "c", 1, 0.25], ["b", "b", 0, -1], ["c", "a", 2, 1], ["c", "c", 0, 0]
    ]  # fmt: skip
    many = tables.confusion_rows("m", np.diag(np.full(300, 5)), [f"class{k:03d}" for k in range(300)])
    assert len(many) == 300


def test_curves_of_every_run_in_one_table(tree):
    root, args, _ = tree
    curves = plot(args, "curves")
    assert set(curves["model"]) == {"mlp/features", "transfer/finetuned", "transfer/finetuned-scratch"}
    one = curves.query("model == 'mlp/features' and run == 'fold0_seed2'")
    logged = pd.read_csv(root / "metrics/mlp/features/plots/metrics/val_loss/fold0_seed2.tsv", sep="\t")
    assert one["epoch"].tolist() == logged["step"].tolist()
    assert one["val_loss"].tolist() == logged["fold0_seed2"].tolist()


def test_curves_keep_the_metrics_that_an_entry_asks_for(copy):
    root, args = copy
    path = root / "runs/mlp/features/curves.csv"
    rows = pd.read_csv(path)
    rows.assign(val_macro_f1=rows["val_accuracy"] / 2).to_csv(path, index=False)
    fake_runs.compared(root, args)
    curves = plot(args, "curves")
    assert list(curves)[:3] == ["model", "run", "epoch"] and list(curves)[-1] == "val_macro_f1"
    asked = curves["model"] == "mlp/features"
    assert np.allclose(curves.loc[asked, "val_macro_f1"], curves.loc[asked, "val_accuracy"] / 2)
    assert curves.loc[~asked, "val_macro_f1"].isna().all() and (~asked).any()


def test_same_bytes_twice(tree, copy):
    _, before, _ = tree
    root, args = copy
    fake_runs.compared(root, args)
    assert [path.read_bytes() for path in written(before)] == [path.read_bytes() for path in written(args)]


def test_what_an_earlier_run_left_on_disk_is_not_compared(tree, copy):
    root, args = copy
    fake_runs.write_params(root, ["mlp/features"])
    found = fake_runs.compared(root, args)
    assert found["models"] == {"mlp/features": tree[2]["models"]["mlp/features"]}
    assert set(plot(args, "confusion")["model"]) == {"mlp/features"}


def test_one_model_changes_its_own_scores_alone(tree, copy):
    root, args = copy
    columns = [f"p_{c}" for c in fake_runs.CLASSES]
    edit(
        root,
        "mlp/features",
        lambda rows: rows.assign(**{c: rows[n] for c, n in zip(columns, columns[::-1], strict=True)}),
    )
    found, before = fake_runs.compared(root, args), tree[2]
    assert found["models"].pop("mlp/features") != before["models"]["mlp/features"]
    others = {n: m for n, m in before["models"].items() if n != "mlp/features"}
    assert found == before | {"models": others, "verdict": found["verdict"]}


def test_rows_are_joined_by_clip_and_classes_by_name(tree, copy):
    root, args = copy
    shuffled = lambda rows: rows.sample(frac=1, random_state=0)[list(rows.columns[:5]) + list(rows.columns[:4:-1])]
    edit(root, "mlp/features", shuffled)
    assert fake_runs.compared(root, args) == tree[2]


def test_models_are_compared_on_the_clips_that_all_predicted(tree, copy):
    root, args = copy
    gone = splits_csv.read(args[0]).query("fold0 == 'test'")["clip_id"].tolist()[:5]
    edit(root, "mlp/features", lambda rows: rows[~rows["clip_id"].isin(gone)])
    found = fake_runs.compared(root, args)
    assert found["dataset"]["scored_clips"] == 75
    assert found["protocol"]["not_shared"] == 5
    assert found["models"]["classical/majority"] != tree[2]["models"]["classical/majority"]
    assert "5 predictions" in Path(args[6]).read_text()


def test_a_model_without_a_scored_clip_is_named_and_left_out(tree, copy):
    root, args = copy
    edit(root, "mlp/features", lambda rows: rows[rows["split"] != "test"])
    found = fake_runs.compared(root, args)
    assert found["protocol"] == tree[2]["protocol"] | {"left_out": ["mlp/features"]}
    assert found["models"] == {name: m for name, m in tree[2]["models"].items() if name != "mlp/features"}
    assert "Left out: mlp/features, which predicted none" in Path(args[6]).read_text()


def test_without_test_clips_validation_is_scored_and_said(tmp_path):
    args = fake_runs.build(tmp_path, skill={"mlp/features": 1.0}, held_out="")
    assert fake_runs.compared(tmp_path, args)["protocol"]["part"] == "valid"
    assert "validation clips, as the splits hold no test clip" in Path(args[6]).read_text()


def test_folds_are_pooled_and_repeats_averaged(tmp_path):
    args = fake_runs.build(tmp_path, skill={"cnn/conv": 1.0}, per_class=9, groups_per_class=0, n_folds=3, repeats=2)
    found = fake_runs.compared(tmp_path, args)
    protocol = found["protocol"]
    assert (protocol["folds"], protocol["repeats"], protocol["seeds"]) == (3, 2, 3)
    assert found["dataset"]["scored_clips"] == 72
    assert found["interval"]["unit"] == "clip"
    rows = predictions_parquet.read(tmp_path / "runs/cnn/conv/predictions.parquet").query("split == 'test'")
    p = rows[[f"p_{c}" for c in fake_runs.CLASSES]].to_numpy()
    rows = rows.assign(called=np.array(fake_runs.CLASSES)[p.argmax(1)], repeat=rows["fold"] // 3)
    f1 = [f1_score(g["label"], g["called"], average="macro") for _, g in rows.groupby(["seed", "repeat"])]
    assert len(f1) == 6
    assert found["models"]["cnn/conv"]["macro_f1"] == pytest.approx(np.mean(f1), abs=1e-6)


def test_a_classical_model_alone_leaves_a_curves_table_without_rows(tmp_path):
    args = fake_runs.build(tmp_path, skill={"classical/majority": None})
    fake_runs.compared(tmp_path, args)
    assert Path(args[7], "curves.csv").read_text() == ",".join(["model", *curves_csv.COLUMNS]) + "\n"


def segments(root, change):
    folder = root / "runs/mlp/features"
    change(pd.read_parquet(folder / "predictions.parquet").assign(segment=0)).to_parquet(folder / "segments.parquet")


def split_again(root):
    splits = splits_csv.read(root / "data/splits.csv")
    swap = splits["fold0"].map({"train": "test", "test": "train"}).fillna(splits["fold0"])
    splits_csv.write(root / "data/splits.csv", splits.assign(fold0=swap))


def apart(root):
    edit(root, "mlp/features", lambda rows: rows[rows["clip_id"] < "e"])
    edit(root, "transfer/finetuned", lambda rows: rows[rows["clip_id"] > "e"])


FAULTS = {
    "no model": (lambda root: fake_runs.write_params(root, []), "names no model"),
    "not trained": (lambda root: shutil.rmtree(root / "runs/mlp/features"), "mlp/features: params.yaml names this"),
    "other split": (split_again, "made under another split"),
    "other classes": (
        lambda root: edit(root, "mlp/features", lambda rows: rows.rename(columns={"p_jazz": "p_jass"})),
        "mlp/features: .* is about the classes",
    ),
    "twice": (
        lambda root: edit(root, "mlp/features", lambda rows: pd.concat([rows, rows.tail(1)])),
        "predicts a clip twice",
    ),
    "segments of another split": (
        lambda root: segments(root, lambda rows: rows.assign(split="valid")),
        "segments.parquet was made under another split",
    ),
    "segments of nothing": (lambda root: segments(root, lambda rows: rows.head(0)), "no window of a scored test clip"),
    "segment twice": (
        lambda root: segments(root, lambda rows: pd.concat([rows, rows.tail(1)])),
        "segments.parquet predicts a clip twice",
    ),
    "nothing shared": (apart, "no test clip that every model predicted"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_compared_is_refused_and_nothing_written(copy, fault):
    root, args = copy
    for out in written(args):
        out.unlink()
    spoil, message = FAULTS[fault]
    spoil(root)
    with pytest.raises(UserError, match=message):
        fake_runs.compared(root, args)
    assert written(args) == []


def test_a_refusal_is_a_message_and_an_exit_code(copy):
    root, args = copy
    shutil.rmtree(root / "runs/mlp/features")
    done = subprocess.run([sys.executable, STAGE, *args], cwd=root, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("\ncompare: mlp/features: ")
    assert "Traceback" not in done.stderr


def test_the_table_has_a_row_a_model_and_cannot_be_broken_by_a_name(tmp_path):
    args = fake_runs.build(tmp_path, skill=FEW, title="a|b <script>", synthetic=False, leaky=True)
    fake_runs.compared(tmp_path, args)
    text = Path(args[6]).read_text()
    table = text[text.index("\n| ") :].split("\n\n")[0].strip().splitlines()
    assert len(table) == 2 + 4
    assert text.startswith("# A\\|b &lt;script>: models compared")
    assert "LEAKY" in text
    assert "synthetic" not in text
    assert table[2].split("|")[1].strip() == "transfer/finetuned"
    assert table[-1].split("|")[1].strip() == "classical/majority"


@pytest.mark.parametrize("of_split", [True, False])
def test_dvcs_view_of_the_accuracies_marks_scores_on_what_was_trained_on(tmp_path, of_split):
    args = fake_runs.build(tmp_path, skill=FEW, leaky=of_split)
    leaks = () if of_split else ("It was pretrained on scored clips.",)
    leaks_json.write(tmp_path / "runs/mlp/features/leaks.json", leaks_json.Leaks(leaks=leaks))
    fake_runs.compared(tmp_path, args)
    marked = plot(args, "accuracy").set_index("model")["leaky"]
    assert (marked.all() and len(marked) == 4) if of_split else list(marked[marked].index) == ["mlp/features"]
    template = Path(__file__).parents[2].joinpath(".dvc/plots/intervals.json").read_text()
    assert "lower(datum.leaky) === 'true' ? ' (LEAKY)'" in template and '"y": {"field": "called"' in template
