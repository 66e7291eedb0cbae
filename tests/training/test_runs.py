"""Whole stages on an easy task: what they learn from, what they leave, and that they leave nothing on an error."""

import json
import pkgutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import f1_score
from support.easy_task import LABELS, PARAMS, accuracy, easy_splits, stage, state

from dalsegno.artefacts.learning import curves_csv, model_pt, predictions_parquet, splits_csv
from dalsegno.pipeline.errors import UserError


@pytest.mark.parametrize(("family", "epochs", "pca"), [("cnn", 15, "null"), ("mlp", 15, "null"), ("mlp", 15, 0.99)])
def test_an_easy_task_is_learnt(trained, family, epochs, pca):
    folder = trained(family, "a", epochs=epochs, pca=pca)
    assert accuracy(folder, "test") >= 0.85  # chance is 0.33
    untrained = trained(family, "b", epochs=1, lr=1e-7, pca=pca)
    assert accuracy(untrained, "test") <= 0.7


@pytest.mark.parametrize("family", ["cnn", "mlp"])
def test_what_a_run_leaves(trained, family):
    folder = trained(family, "a", epochs=2)
    rows = predictions_parquet.read(folder / "predictions.parquet")
    assert list(rows["clip_id"]) == sorted(easy_splits()["clip_id"])  # of every clip, the unlabelled too
    assert dict(rows["split"].value_counts()) == {"train": 48, "valid": 12, "test": 30, "unlabelled": 3}
    assert np.allclose(rows[[f"p_{c}" for c in LABELS]].sum(axis=1), 1, atol=1e-5)
    metrics = json.loads((folder.parent / "metrics_a/metrics.json").read_text())
    of_training, of_validation = {"train_loss", "train_log_loss", "train_accuracy"}, {"val_loss", "val_accuracy"}
    assert set(metrics) == {"best_epoch", "val_balanced_accuracy", "val_macro_f1"} | of_training | of_validation
    for figure in of_training | of_validation:
        curve = pd.read_csv(folder.parent / f"metrics_a/plots/metrics/{figure}/fold0_seed0.tsv", sep="\t")
        assert list(curve.columns) == ["step", "fold0_seed0"] and list(curve["step"]) == [0, 1]
        best = curve["fold0_seed0"][metrics["best_epoch"]]
        assert metrics[figure] == pytest.approx(best, abs=1e-5)
    cost = json.loads((folder / "cost.json").read_text())
    assert cost["epochs"] == 2 and cost["device"] == "cpu" and cost["train_s"] > 0
    assert 100 < cost["peak_memory_mb"] < 20_000 and "peak_gpu_memory_mb" not in cost
    assert cost["cores"] >= 1 and cost["processor"] and cost["python"].startswith("3.")
    assert cost["trained_parameters"] == cost["parameters"] > 0
    assert cost["threads"] == torch.get_num_threads() and cost["dtype"] == "float32" and "versions" in cost
    saved = model_pt.load(folder / "model.pt")
    assert saved["labels"] == LABELS and saved["arch"] == ("conv" if family == "cnn" else "mlp")


@pytest.mark.parametrize("family", ["cnn", "mlp"])
def test_curves_tell_accuracy_on_training_clips_seen_as_validation_clips_are(trained, family):
    asked = PARAMS.replace("patience: null", "patience: null, monitor: val_balanced_accuracy, curves: [weighted_f1]")
    folder = trained(family, "a", epochs=3, params=asked)
    curves = pd.read_csv(folder / "curves.csv")
    assert list(curves) == [*curves_csv.COLUMNS, "train_weighted_f1", "val_weighted_f1"]
    kept = curves.iloc[int(json.loads((folder.parent / "metrics_a/metrics.json").read_text())["best_epoch"])]
    rows = predictions_parquet.read(folder / "predictions.parquet").set_index("clip_id")
    train = rows.query("split == 'train'").index
    some = np.random.default_rng(0).permutation(sorted(train))[:12]  # as many as there are validation clips
    for part, ids in (("train", some), ("val", rows.query("split == 'valid'").index)):
        p, label = rows.loc[ids, [f"p_{c}" for c in LABELS]].to_numpy(), rows.loc[ids, "label"]
        called = np.array(LABELS)[p.argmax(1)]
        assert kept[f"{part}_accuracy"] == pytest.approx(np.mean(called == label), abs=1e-5)
        f1 = f1_score(label, called, average="weighted")
        assert kept[f"{part}_weighted_f1"] == pytest.approx(f1, abs=1e-5)
        log_loss = -np.log(p[range(len(ids)), [LABELS.index(c) for c in label]]).mean()
        assert kept["train_log_loss" if part == "train" else "val_loss"] == pytest.approx(log_loss, abs=1e-4)


def test_components_are_left_unwhitened_only_where_there_are_any(trained):
    as_they_are = PARAMS.replace("pca: PCA", "pca: PCA\n    whiten: false")
    plain, white = (state(trained("mlp", n, pca=0.9, params=p)) for n, p in (("a", as_they_are), ("b", PARAMS)))
    assert plain["prep.1.axes"].norm(dim=0).allclose(torch.ones(plain["prep.1.axes"].shape[1]), atol=1e-4)
    assert not white["prep.1.axes"].allclose(plain["prep.1.axes"])
    with pytest.raises(UserError, match="whiten is false, but pca is null"):
        trained("mlp", "c", params=as_they_are)
    with pytest.raises(UserError, match=r"mlp\.\w+\.pca: .*greater than 0, got 0"):
        trained("mlp", "c", pca=0)


@pytest.mark.parametrize(
    ("settings", "augment", "comparable"),
    [
        ("loss: kl", "{}", True), ("loss: hinge", "{}", False), ("l2: 1e-3", "{}", False), ("label_smoothing: 0.1", "{}", False),
        ("class_weights: true", "{}", False), ("balanced: true", "{}", False), ("lr: LR", "{mixup_alpha: 0.3}", False),
    ],
)  # fmt: skip
def test_curves_say_whether_the_losses_of_training_and_validation_are_alike(trained, settings, augment, comparable):
    params = PARAMS.replace("lr: LR", settings).replace("augment: {}", f"augment: {augment}")
    curves = pd.read_csv(trained("mlp", "a", params=params) / "curves.csv")
    assert (curves["losses_comparable"] == comparable).all()


@pytest.mark.parametrize("family", ["cnn", "mlp"])
def test_same_seed_same_bytes(trained, family):
    one, same, other = (trained(family, n, seed=s, epochs=2) for n, s in (("a", 0), ("b", 0), ("c", 1)))
    for file in ("model.pt", "predictions.parquet", *["segments.parquet"] * (family == "cnn")):
        assert (one / file).read_bytes() == (same / file).read_bytes()
    assert (one / "model.pt").read_bytes() != (other / "model.pt").read_bytes()


@pytest.mark.parametrize("family", ["cnn", "mlp"])
def test_a_checkpoint_lists_the_clips_that_each_run_has_met(trained, family):
    splits = easy_splits()
    splits_csv.write("splits.csv", splits.assign(fold1=splits["fold0"].replace({"test": "valid", "valid": "test"})))
    for run in model_pt.load(trained(family, "a") / "model.pt")["runs"]:
        clips = pd.DataFrame(run["clips"]).set_index("clip_id")
        parts = splits_csv.read("splits.csv").set_index("clip_id")[f"fold{run['fold']}"]
        pd.testing.assert_series_equal(
            clips["part"].sort_index(), parts[parts.isin(["train", "valid"])], check_names=False
        )
        assert list(clips["sha256"]) == list("sha of " + clips.index) and list(clips["unit"]) == list(
            "unit of " + clips.index
        )


@pytest.mark.parametrize(("family", "pca"), [("cnn", "null"), ("mlp", "null"), ("mlp", 0.9)])
def test_clips_held_out_or_unlabelled_never_enter_training(trained, family, pca):
    """Spoiling the test and unlabelled clips changes no weight; spoiling the training clips does."""
    clean, spoiled, control = (
        state(trained(family, name, poison, epochs=2, pca=pca))
        for name, poison in (("a", ()), ("b", ("test", "unlabelled")), ("c", ("train",)))
    )
    assert all(torch.equal(v, spoiled[k]) for k, v in clean.items())
    assert not all(v.shape == control[k].shape and torch.equal(v, control[k]) for k, v in clean.items())


@pytest.mark.parametrize(("family", "pca"), [("cnn", "null"), ("mlp", "null"), ("mlp", 0.9)])
def test_preprocessing_is_fitted_on_training_clips_only(trained, family, pca):
    clean, spoiled = (
        state(trained(family, name, poison, pca=pca))
        for name, poison in (("a", ()), ("b", ("valid", "test", "unlabelled")))
    )
    prep = [k for k in clean if k.startswith("prep.")]
    assert len(prep) >= 2 and all(torch.equal(clean[k], spoiled[k]) for k in prep)


def test_the_units_of_features_change_neither_noise_nor_network(trained):
    """Powers of two, which round nothing: what is learnt from standardised features is the same to the last bit."""
    plain = trained("mlp", "a", epochs=3, params=PARAMS.replace("augment: {}", "augment: {noise_std: 0.5}"))
    table = pd.read_parquet("data_mlp_a")
    for i, unit in enumerate((2.0**-12, 1.0, 2.0**12, 2.0**20)):
        table[f"f{i}"] *= np.float32(unit)
    table.to_parquet("data_mlp_units")
    stage("mlp")("easy", "data_mlp_units", "splits.csv", "run_units", "metrics_units")
    one, other = state(plain), state(Path("run_units"))
    assert all(torch.equal(one[k], other[k]) == k.startswith("net.") for k in one)
    trained("mlp", "quiet", epochs=3)
    assert not torch.equal(one["net.head.weight"], state(Path("run_quiet"))["net.head.weight"])  # there was noise


def test_every_seed_and_fold_is_a_run(trained, tmp_path):
    twice = easy_splits().assign(fold1=lambda s: s["fold0"].replace({"test": "valid", "valid": "test"}))
    splits_csv.write("splits.csv", twice)
    folder = trained("mlp", "a", seed="0, 7")
    rows = predictions_parquet.read(folder / "predictions.parquet")
    assert dict(rows.groupby(["fold", "seed"]).size()) == {(f, s): 93 for f in (0, 1) for s in (0, 7)}
    assert [(r["fold"], r["seed"]) for r in model_pt.load(folder / "model.pt")["runs"]] == [
        (0, 0),
        (0, 7),
        (1, 0),
        (1, 7),
    ]
    curves = {p.name for p in (tmp_path / "metrics_a/plots/metrics/val_loss").iterdir()}
    assert curves == {f"fold{f}_seed{s}.tsv" for f in (0, 1) for s in (0, 7)}


def left(folder):
    return sorted(p.name for p in folder.iterdir() if p.name.startswith(("run_", "metrics_", ".")))


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ("epochs: 5, batch_size: 8", r"loss is (inf|nan) at epoch 1, step 2"),
        ("epochs: 1, batch_size: 99", "contain NaN or infinity"),
    ],
)
def test_a_learning_rate_that_diverges_is_refused_and_leaves_nothing(trained, tmp_path, steps, says):
    """Also where it is the last step that did it, after which there is no loss to tell."""
    hot = PARAMS.replace("patience: null", "clip_norm: null, optimizer: sgd, schedule: constant")
    with pytest.raises(UserError, match=says + r".*; lower train\.lr \(now 1e\+19\)"):
        trained("cnn", "a", lr="1e19", params=hot.replace("epochs: EPOCHS, batch_size: 8", steps))
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    "fails", ["artefacts.learning.model_pt.save", "artefacts.learning.predictions_parquet.write", "training.train.fit"]
)
def test_an_error_at_any_point_leaves_nothing(trained, tmp_path, monkeypatch, fails):
    calls, real = [], pkgutil.resolve_name(f"dalsegno.{fails}")

    def fail(*args, **kwargs):
        calls.append(1)
        if not fails.endswith("fit") or len(calls) == 2:  # of the second seed
            raise OSError("no space left on device")
        return real(*args, **kwargs)

    monkeypatch.setattr(f"dalsegno.{fails}", fail)
    with pytest.raises(OSError, match="no space left"):
        trained("cnn", "a", seed="0, 1")
    assert left(tmp_path) == []


def test_one_clip_a_class_is_enough_to_train_on(trained):
    few = easy_splits()
    few["fold0"] = few["fold0"].mask((few["fold0"] == "train") & ~few["clip_id"].str.fullmatch(r"\D+0"), "")
    splits_csv.write("splits.csv", few)
    for family in ("cnn", "mlp"):
        rows = predictions_parquet.read(trained(family, family) / "predictions.parquet")
        assert (rows["split"] == "train").sum() == 3 and len(rows) == 93


def test_what_cannot_be_trained_on_is_told(trained, tmp_path):
    splits_csv.write("splits.csv", easy_splits().query("not (label == 'mid' and fold0 == 'train')"))
    with pytest.raises(UserError, match="fold 0 has no training clip of mid"):
        trained("mlp", "a")
    splits_csv.write("splits.csv", easy_splits().query("fold0 != 'valid'"))
    with pytest.raises(UserError, match="fold 0 has no clip in its valid part"):
        trained("mlp", "a")
    splits_csv.write("splits.csv", easy_splits())
    with pytest.raises(UserError, match=r"cnn\.easy: train\.batch_size is 1 and fold 0 has 48 training examples"):
        trained("cnn", "a", params=PARAMS.replace("batch_size: 8", "batch_size: 1"))
    small = r"cnn\.easy: conv cannot take .*at least 32 bins × 32 frames; got 16 × 16: .*\(view: crop_s 1\.6, channels one\)"
    with pytest.raises(UserError, match=small):
        trained("cnn", "a", params=PARAMS.replace("[8, 8]", "[8, 8, 8, 8, 8]"))
    with pytest.raises(
        UserError, match=r"evaluate: whole shows the network up to 1 × 16 × 39.*made for 1 × 16 × 16 and"
    ):
        fixed = PARAMS.replace("dropout: 0.0}", "dropout: 0.0, global_average: false}")
        trained("cnn", "a", params=fixed.replace("crop_s: 1.6,", "crop_s: 1.6, evaluate: whole,"))
    with pytest.raises(UserError, match="tables cannot be augmented by time_masks"):
        trained("mlp", "a", params=PARAMS.replace("augment: {}", "augment: {time_masks: 1}"))
    lonely = easy_splits().query("label == 'mid'").assign(fold0=["train", "valid", *["test"] * 28])
    splits_csv.write("splits.csv", lonely)
    with pytest.raises(UserError, match=r"batch_size is 8 and fold 0 has 1 training examples: batch normalisation"):
        trained("cnn", "a")
    assert left(tmp_path) == []


@pytest.mark.parametrize(("batch_size", "said"), [(48, False), (49, True)])
def test_batches_of_more_examples_than_there_are_are_told(trained, capsys, batch_size, said):
    """Such batches hold them all: a run that is taken for one of many steps per epoch has one."""
    trained("mlp", "a", epochs=1, params=PARAMS.replace("batch_size: 8", f"batch_size: {batch_size}"))
    told = "train.batch_size is 49, but there are 48 training examples, so an epoch is one step; lower it"
    assert (told in capsys.readouterr().out) == said
