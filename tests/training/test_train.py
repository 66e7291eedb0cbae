"""Training, from stored data to predictions, on small generated data whose answers are known."""

import json
import math
import pkgutil
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import f1_score
from support.easy_task import LABELS, META, accuracy, easy_splits, easy_store, spoilt, stage, state
from torch import nn

from dalsegno.artefacts import spectrogram_store
from dalsegno.artefacts.learning import model_pt, predictions_parquet, splits_csv
from dalsegno.families.convolutional import crops
from dalsegno.families.convolutional.view import View
from dalsegno.models import conv
from dalsegno.pipeline.errors import UserError
from dalsegno.training import batches, losses, network, optimise, predict, train
from dalsegno.training.source import Source
from dalsegno.training.views import augment, preprocess

CPU = torch.device("cpu")


# The loss


LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.2, 0.1]])
HARD = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
SOFT = torch.tensor([[0.7, 0.3, 0.0], [0.2, 0.2, 0.6]])
WEIGHTS = torch.tensor([1.0, 2.0, 0.5])
LOG_P = [[z - math.log(sum(math.exp(v) for v in row)) for z in row] for row in LOGITS.tolist()]


def by_hand(targets, weights=(1, 1, 1)):
    """Mean over the batch of the weighted sum of -y log p."""
    rows = zip(targets.tolist(), LOG_P, strict=True)
    return sum(-sum(w * y * lp for w, y, lp in zip(weights, ys, lps, strict=True)) for ys, lps in rows) / 2


def loss(targets, weights=None, **p):
    return losses.loss_of(LOGITS, targets, train.Params(**p), weights).item()


@pytest.mark.parametrize("targets", [HARD, SOFT])
def test_cross_entropy(targets):
    assert loss(targets) == pytest.approx(by_hand(targets))
    assert loss(targets, label_smoothing=0.3) == pytest.approx(by_hand(0.7 * targets + 0.1))
    assert loss(targets, WEIGHTS) == pytest.approx(by_hand(targets, WEIGHTS.tolist()))


def test_kl_is_cross_entropy_less_the_entropy_of_the_targets():
    entropy = -sum(y * math.log(y) for y in SOFT.flatten().tolist() if y) / 2
    assert loss(SOFT, loss="kl") == pytest.approx(by_hand(SOFT) - entropy)
    assert loss(HARD, loss="kl") == pytest.approx(by_hand(HARD))


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_hinge_is_torchs_own_on_hard_labels(weights):
    logits = torch.randn(64, 3, generator=torch.Generator().manual_seed(0)) * 2
    y = torch.arange(64) % 3
    ours = losses.loss_of(logits, nn.functional.one_hot(y, 3).float(), train.Params(loss="hinge"), weights)
    assert ours.item() == pytest.approx(nn.MultiMarginLoss(weight=weights)(logits, y).item(), rel=1e-5)


def test_hinge_of_soft_labels_is_its_expectation():
    rows = [
        sum(
            y * losses.loss_of(LOGITS[[r]], torch.eye(3)[[c]], train.Params(loss="hinge")).item()
            for c, y in enumerate(SOFT[r].tolist())
        )
        for r in range(2)
    ]
    assert loss(SOFT, loss="hinge") == pytest.approx(sum(rows) / 2)


def test_penalties_leave_biases_and_normalisation_alone():
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[1.0, -2.0], [3.0, 0.0]]))
    assert losses.penalty(net, train.Params(l1=0.5)).item() == pytest.approx(0.5 * 6)
    assert losses.penalty(net, train.Params(l1=0.5, l2=0.1)).item() == pytest.approx(0.5 * 6 + 0.1 * 14)
    assert losses.penalty(net, train.Params()) == 0.0
    two = nn.Sequential(net, nn.Linear(1, 1))
    assert losses.penalty(two, train.Params(l1=0.5, penalised=1)).item() == pytest.approx(0.5 * 6)


def test_validation_figures():
    p = torch.tensor([[0.8, 0.1, 0.1, 0], [0.1, 0.8, 0.1, 0], [0.6, 0.4, 0, 0], [0.3, 0.3, 0.4, 0]])
    y = torch.tensor([0, 1, 1, 2])
    found = losses.validation_metrics(p, y)
    assert found["val_accuracy"] == 0.75
    assert found["val_loss"] == pytest.approx(-(2 * math.log(0.8) + 2 * math.log(0.4)) / 4)
    assert found["val_macro_f1"] == pytest.approx(f1_score(y, p.argmax(1), average="macro"))
    assert np.isfinite(losses.validation_metrics(p, torch.tensor([3, 3, 3, 3]))["val_loss"])  # certain and wrong


# The loop


class Fixed:
    """The same batches every epoch."""

    def __init__(self, n=4, seed=0, n_labels=2):
        g = torch.Generator().manual_seed(seed)
        self.all = [
            (torch.randn(8, 3, generator=g), torch.eye(n_labels)[torch.randint(n_labels, (8,), generator=g)])
            for _ in range(n)
        ]

    def __len__(self):
        return len(self.all)

    def __iter__(self):
        return iter(self.all)


def still(model):
    return {"val_loss": 1.0, "val_accuracy": 0.5, "val_macro_f1": 0.5}


def linear(seed=0):
    train.seed_everything(seed)
    return nn.Linear(3, 2)


def copied(model):
    return {k: v.clone() for k, v in model.state_dict().items()}


@pytest.mark.parametrize(
    ("monitor", "figures", "best", "trained"),
    [
        ("val_loss", [3, 1, 2, 2, 2, 0], 1, 5),  # three without a better one; the sixth is never seen
        ("val_accuracy", [0.1, 0.2, 0.9, 0.3, 0.9, 0.9, 1.0], 2, 6),  # as good is no better
        ("val_macro_f1", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], 6, 7),
    ],
)
def test_early_stopping_restores_the_best_weights(monitor, figures, best, trained):
    seen = []

    def validate(model):
        seen.append(copied(model))
        return still(model) | {monitor: figures[len(seen) - 1]}

    model = linear()
    fit = train.fit(model, Fixed(), validate, train.Params(monitor=monitor, patience=3, epochs=len(figures), lr=0.1))
    assert (fit.best["epoch"], fit.epochs, len(seen)) == (best, trained, trained)
    assert fit.best[monitor] == figures[best] and not model.training
    assert all(torch.equal(v, seen[best][k]) for k, v in model.state_dict().items())
    if best + 1 < trained:
        assert not torch.equal(model.weight, seen[-1]["weight"])


def test_without_patience_every_epoch_is_trained():
    assert train.fit(linear(), Fixed(), still, train.Params(patience=None, epochs=7)).epochs == 7


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop"])
def test_every_optimizer_lowers_the_loss(optimizer):
    told = []
    train.fit(linear(), Fixed(1), still, train.Params(optimizer=optimizer, lr=0.05, patience=None), log=told.append)
    assert told[-1]["train_loss"] < told[0]["train_loss"] - 0.01
    assert [t["epoch"] for t in told] == list(range(50))


def test_a_diverging_learning_rate_is_refused_naming_where():
    deep = nn.Sequential(linear(), nn.ReLU(), nn.Linear(2, 2))
    p = train.Params(optimizer="sgd", lr=1e30, clip_norm=None, schedule="constant", epochs=3)
    with pytest.raises(
        UserError, match=r"training loss is (nan|inf) at epoch \d+, step \d+.*lower train\.lr \(now 1e\+30"
    ):
        train.fit(deep, Fixed(), still, p)


def test_the_epoch_and_step_named_are_those_where_it_happened():
    data = Fixed(4)

    def spoil(model):
        data.all[2][0][0, 0] = math.nan
        return still(model)

    with pytest.raises(UserError, match="epoch 1, step 2"):
        train.fit(linear(), data, spoil, train.Params())


def test_the_gradient_is_clipped():
    def moved(clip_norm):
        model = linear()
        before = torch.cat([w.detach().flatten().clone() for w in model.parameters()])
        p = train.Params(optimizer="sgd", momentum=0.0, lr=1.0, schedule="constant", epochs=1, clip_norm=clip_norm)
        train.fit(model, Fixed(1), still, p)
        return (torch.cat([w.detach().flatten() for w in model.parameters()]) - before).norm().item()

    assert moved(None) > 0.1 and moved(0.01) == pytest.approx(0.01, rel=1e-3)


def learning_rates(monkeypatch, groups=None, epochs=5, **p):
    """Learning rate of each step, (step, group), as the optimiser saw it."""
    seen, step = [], torch.optim.SGD.step

    def spy(self, *args, **kwargs):
        seen.append([g["lr"] for g in self.param_groups])
        return step(self, *args, **kwargs)

    monkeypatch.setattr(torch.optim.SGD, "step", spy)
    p = train.Params(optimizer="sgd", lr=0.1, epochs=epochs, patience=None, **p)
    model = linear()
    train.fit(model, Fixed(4), still, p, groups=groups(model) if groups else None)
    return np.array(seen)


def test_constant_learning_rate(monkeypatch):
    assert (learning_rates(monkeypatch, schedule="constant") == 0.1).all()


def test_cosine_learning_rate(monkeypatch):
    lrs = learning_rates(monkeypatch, schedule="cosine", warmup=0.2)[:, 0]  # 20 steps, 4 of them rising
    assert lrs[:5] == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1])
    assert lrs[12] == pytest.approx(0.05) and lrs[-1] == pytest.approx(0.05 * (1 + math.cos(math.pi * 15 / 16)))
    assert (np.diff(lrs[4:]) < 0).all()


def test_onecycle_learning_rate(monkeypatch):
    lrs = learning_rates(monkeypatch, schedule="onecycle", warmup=0.2)[:, 0]
    assert lrs[0] == pytest.approx(0.1 / 25) and lrs.max() <= 0.1 and 3 <= lrs.argmax() <= 4 and lrs[-1] < 0.001


@pytest.mark.parametrize("n_steps", [1, 2, 3])
def test_onecycle_takes_few_steps(n_steps):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    schedule = optimise.schedule(optimizer, train.Params(schedule="onecycle", lr=0.1), n_steps)
    for _ in range(n_steps):
        optimizer.step()
        schedule.step()


@pytest.mark.parametrize("schedule", ["onecycle", "cosine"])
@pytest.mark.parametrize("warmup", [0.0, 1.0])
def test_schedules_take_the_ends_of_their_range(monkeypatch, schedule, warmup):
    lrs = learning_rates(monkeypatch, schedule=schedule, warmup=warmup)
    assert len(lrs) == 20 and (lrs >= 0).all() and lrs.max() <= 0.1 + 1e-12


def test_plateau_learning_rate(monkeypatch):
    lrs = learning_rates(monkeypatch, schedule="plateau", plateau_factor=0.5, plateau_patience=1)[:, 0]
    assert lrs[::4] == pytest.approx([0.1, 0.1, 0.1, 0.05, 0.05])  # the first is the best; two without a better one


def test_layers_that_train_slower_stay_so(monkeypatch):
    groups = lambda model: [{"params": [model.weight], "lr": 0.03}, {"params": [model.bias]}]
    lrs = learning_rates(monkeypatch, groups, schedule="cosine")
    assert lrs[:, 0] == pytest.approx(0.3 * lrs[:, 1])


def test_same_seed_same_weights():
    def trained(seed):
        model = linear(seed)
        train.fit(model, Fixed(), still, train.Params(epochs=3))
        return model.weight

    assert torch.equal(trained(3), trained(3)) and not torch.equal(trained(3), trained(4))


# Batches


class Numbered(Source):
    """A source whose examples are their own numbers."""

    def take(self, rows, generator):
        return rows[:, None].float()


def made(n=20, batch_size=6, seed=0, y=None, **more):
    y = torch.arange(n) % 3 if y is None else y
    rest = {"device": CPU, "augmentation": augment.Params()} | more
    return batches.Batches(Numbered(), torch.arange(n) + 100, y, 3, batch_size, seed=seed, **rest)


def numbers(epoch):
    return [x.flatten().long().tolist() for x, _ in epoch]


def test_batches_are_shuffled_anew_each_epoch_and_alike_for_a_seed():
    one, other = made(18), made(18)
    first, second = numbers(one), numbers(one)
    assert (
        first != second and [first, second] == [numbers(other), numbers(other)] and first != numbers(made(18, seed=1))
    )
    for epoch in (first, second):
        assert sorted(chain.from_iterable(epoch)) == list(range(100, 118))  # every example once


def test_labels_go_with_their_examples():
    for x, y in made(18):
        assert torch.equal(y.argmax(1), (x.flatten().long() - 100) % 3) and torch.equal(y.sum(1), torch.ones(6))


def test_the_short_batch_is_dropped_unless_it_is_all():
    assert [len(b) for b in numbers(made(20, 6))] == [6, 6, 6] and len(made(20, 6)) == 3
    assert [len(b) for b in numbers(made(4, 6))] == [4]


def test_balanced_batches_draw_classes_equally():
    y = torch.tensor([0] * 900 + [1] * 90 + [2] * 10)
    counts = sum(y.sum(0) for _, y in made(1000, 50, y=y, balanced=True))
    assert counts.sum() == 1000 and (counts - 1000 / 3).abs().max() < 60  # four standard deviations
    plain = sum(y.sum(0) for _, y in made(1000, 50, y=y))
    assert plain.tolist() == [900, 90, 10]


def test_augmentation_is_applied_from_the_seed():
    noisy = augment.Params(mixup_alpha=1.0)
    one, two = ([y for _, y in made(18, augmentation=noisy, seed=s)] for s in (0, 0))
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    assert any(((y > 0) & (y < 1)).any() for y in one)  # mixed labels


def test_what_is_made_ahead_comes_in_order_and_so_do_its_errors():
    def items():
        yield from range(5)
        raise OSError("torn")

    came = []
    with pytest.raises(OSError, match="torn"):
        for item in batches.prefetched(items()):
            came.append(item)
    assert came == list(range(5)) and list(batches.prefetched(iter([]))) == []


# Predictions of clips


class Windows(Source):
    """Windows whose content is the index of the model's answer."""

    def __init__(self, windows):
        self.windows = windows

    def evaluation(self, clip_ids, batch_size):
        told = [(i, c) for c in clip_ids for i in self.windows[c]]
        for k in range(0, len(told), 2):  # batches that cut through clips
            number, owners = zip(*told[k : k + 2], strict=True)
            yield torch.tensor(number), list(owners)


class Answers(nn.Module):
    P = torch.tensor([[0.9, 0.1], [0.4, 0.6], [0.45, 0.55]])

    def forward(self, i):
        assert not self.training
        return self.P[i].log()


def test_mean_and_majority():
    clips = Windows({"x": [0, 1, 2], "y": [1], "z": [0, 0, 1]})
    asked = ["z", "x", "y"]
    p, owners = predict.windows(Answers(), clips, asked)
    assert list(owners) == list("zzzxxxy") and p.dtype == np.float32
    mean = predict.voted(p, owners, asked)
    assert np.allclose(mean[:, 0], [(0.9 + 0.9 + 0.4) / 3, (0.9 + 0.4 + 0.45) / 3, 0.4])
    majority = predict.voted(p, owners, asked, "majority")
    assert np.allclose(majority[:, 0], [2 / 3, 1 / 3, 0])
    assert mean[1].argmax() != majority[1].argmax()  # they are not the same rule


# Whole stages, on an easy task


PARAMS = """
runtime: {device: cpu}
cnn:
  easy:
    spectrogram: easy
    arch: conv
    model: {channels: [8, 8], dense: [], dropout: 0.0}
    view: {crop_s: 1.6, normalise: bin}
    augment: {}
    train: {seeds: [SEED], epochs: EPOCHS, batch_size: 8, lr: LR, patience: null}
mlp:
  easy:
    arch: mlp
    model: {widths: [16], dropout: 0.0}
    pca: PCA
    augment: {}
    train: {seeds: [SEED], epochs: EPOCHS, batch_size: 8, lr: LR, patience: null}
"""


def easy_table(path, poison=()):
    rng = np.random.default_rng(0)
    rows = []
    for clip_id, label, _, part in easy_splits().itertuples(index=False):
        x = rng.normal(0, 1, 6) + (3 * np.eye(6)[LABELS.index(label)] if label else 0)
        rows.append((clip_id, 0, *spoilt(part, x, poison).astype(np.float32)))
    pd.DataFrame(rows, columns=["clip_id", "segment", *[f"f{i}" for i in range(6)]]).to_parquet(path)


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """Run the stage `cnn` or `mlp`; returns the folder of the run, beside which is the one of its metrics."""
    monkeypatch.chdir(tmp_path)
    splits_csv.write("splits.csv", easy_splits())

    def run(family, name, poison=(), seed=0, epochs=1, lr=0.01, pca="null", params=PARAMS):
        values = {"SEED": seed, "EPOCHS": epochs, "LR": lr, "PCA": pca}
        for key, value in values.items():
            params = params.replace(key, str(value))
        Path("params.yaml").write_text(params)
        (easy_store if family == "cnn" else easy_table)(Path(f"data_{family}_{name}"), poison)
        stage(family)("easy", f"data_{family}_{name}", "splits.csv", f"run_{name}", f"metrics_{name}")
        return tmp_path / f"run_{name}"

    return run


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
    assert set(metrics) == {"best_epoch", "train_loss", "val_loss", "val_accuracy", "val_macro_f1"}
    for figure in ("train_loss", "val_loss", "val_accuracy"):
        curve = pd.read_csv(folder.parent / f"metrics_a/plots/metrics/{figure}/fold0_seed0.tsv", sep="\t")
        assert list(curve.columns) == ["step", "fold0_seed0"] and list(curve["step"]) == [0, 1]
        best = curve["fold0_seed0"][metrics["best_epoch"]]
        assert metrics[figure] == pytest.approx(best, abs=1e-5)
    cost = json.loads((folder / "cost.json").read_text())
    assert cost["epochs"] == 2 and cost["device"] == "cpu" and cost["train_s"] > 0
    saved = model_pt.load(folder / "model.pt")
    assert saved["labels"] == LABELS and saved["arch"] == ("conv" if family == "cnn" else "mlp")


@pytest.mark.parametrize("family", ["cnn", "mlp"])
def test_same_seed_same_bytes(trained, family):
    one, same, other = (trained(family, n, seed=s, epochs=2) for n, s in (("a", 0), ("b", 0), ("c", 1)))
    for file in ("model.pt", "predictions.parquet", *["segments.parquet"] * (family == "cnn")):
        assert (one / file).read_bytes() == (same / file).read_bytes()
    assert (one / "model.pt").read_bytes() != (other / "model.pt").read_bytes()


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


def test_windows_of_held_out_clips_are_kept(trained):
    """Their mean is the clip's prediction; a model that sees each clip once leaves no such file."""
    folder = trained("cnn", "a", seed="0, 1")
    rows = pd.read_parquet(folder / "segments.parquet")
    assert list(rows.columns) == ["clip_id", "fold", "seed", "segment", "split", "label", *[f"p_{c}" for c in LABELS]]
    keys = ["seed", "clip_id"]
    assert rows[keys].equals(rows[keys].sort_values(keys, ignore_index=True))
    whole = predictions_parquet.read(folder / "predictions.parquet").query("split in ['valid', 'test']").set_index(keys)
    windows = rows.groupby(keys)
    assert np.allclose(windows[list(rows.columns[6:])].mean(), whole[list(rows.columns[6:])], atol=1e-6)
    assert windows["split"].first().equals(whole["split"]) and windows["label"].first().equals(whole["label"])
    frames = spectrogram_store.open("data_cnn_a").index["n_frames"]
    expected = frames[[c for _, c in whole.index]].map(lambda n: max(1, math.ceil(n / 16)))
    assert list(windows["segment"].max() + 1) == list(expected) and expected.max() == 3
    assert (windows["segment"].apply(list).map(lambda s: s == list(range(len(s))))).all()
    assert not (trained("mlp", "b") / "segments.parquet").exists()


HEAVY = "{gain_db: 20, time_shift_share: 1.0, noise_std: 3.0, time_masks: 3, time_mask_share: 0.5, mixup_alpha: 5.0}"


def test_augmentation_touches_training_data_only(trained, tmp_path):
    """A network that learns next to nothing says the same of every clip, however its training data were spoilt."""
    still = PARAMS.replace("dropout: 0.0}", "dropout: 0.0, batch_norm: false}")
    plain, heavy = (
        trained("cnn", name, epochs=2, lr="1e-30", params=still.replace("augment: {}", f"augment: {changes}"))
        for name, changes in (("a", "{}"), ("b", HEAVY))
    )
    for file in ("predictions.parquet", "segments.parquet"):
        assert (plain / file).read_bytes() == (heavy / file).read_bytes()
    a, b = (json.loads((tmp_path / f"metrics_{name}/metrics.json").read_text()) for name in "ab")
    assert all((a[k] == b[k]) == (k != "train_loss") for k in a)  # the loss tells that they were spoilt indeed


def test_predictions_are_of_clips_as_they_are_stored(trained):
    """What a heavily augmented network is said to predict is what its checkpoint makes of the plain windows."""
    folder = trained("cnn", "a", epochs=2, params=PARAMS.replace("augment: {}", f"augment: {HEAVY}"))
    saved = model_pt.load(folder / "model.pt")
    seen = crops.Crops("data_cnn_a", View(**saved["view"]), None, CPU)
    prep = preprocess.spectrograms("bin", torch.zeros(16), torch.ones(16))
    model = network.build("conv", conv.Params(**saved["model"]), prep, seen.example(), 3)
    model.load_state_dict(state(folder))
    rows = predictions_parquet.read(folder / "predictions.parquet").set_index("clip_id")
    x = spectrogram_store.open("data_cnn_a")
    for clip_id in ("low17", "mid25"):
        whole = torch.tensor(x.clip(clip_id).T)
        last = max(whole.shape[1] - 16, 0)
        whole = nn.functional.pad(whole, (0, max(16 - whole.shape[1], 0)), value=META["floor"])
        windows = [whole[:, i : i + 16] for i in sorted({*range(0, last, 16), last})]
        with torch.no_grad():
            p = model.eval()(torch.stack(windows)[:, None]).softmax(1).mean(0)
        assert np.allclose(p, rows.loc[clip_id, [f"p_{c}" for c in LABELS]].astype(float), atol=1e-5)


@pytest.mark.parametrize(
    "view",
    [
        "{crop_s: null, parts: 3}",
        "{crop_s: 1.6, evaluate: whole}",
        "{crop_s: 1.6, evaluate: whole, resize: [24, 20], channels: repeat}",
        "{crop_s: 1.6, normalise: minmax, channels: colour}",
        "{crop_s: 1.6, normalise: none, channels: deltas, vote: majority}",
    ],
)
def test_every_view_trains_and_its_checkpoint_is_complete(trained, view):
    folder = trained("cnn", "a", params=PARAMS.replace("{crop_s: 1.6, normalise: bin}", view))
    saved = model_pt.load(folder / "model.pt")
    seen = crops.Crops("data_cnn_a", View(**saved["view"]), None, CPU)
    v = seen.view
    prep = preprocess.spectrograms(v.normalise, torch.zeros(16), torch.ones(16), v.resize, v.channels)
    network.build("conv", conv.Params(**saved["model"]), prep, seen.example(), 3).load_state_dict(state(folder))
    assert (folder / "segments.parquet").exists() == ("whole" not in view)
    assert len(predictions_parquet.read(folder / "predictions.parquet")) == 93


def left(folder):
    return sorted(p.name for p in folder.iterdir() if p.name.startswith(("run_", "metrics_", ".")))


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ("epochs: 5, batch_size: 8", r"loss is (inf|nan) at epoch 0, step 1"),
        ("epochs: 1, batch_size: 99", "contain NaN or infinity"),
    ],
)
def test_a_learning_rate_that_diverges_is_refused_and_leaves_nothing(trained, tmp_path, steps, says):
    """Also where it is the last step that did it, after which there is no loss to tell."""
    hot = PARAMS.replace("patience: null", "clip_norm: null, optimizer: sgd, schedule: constant")
    with pytest.raises(UserError, match=says + r".*; lower train\.lr \(now 1e\+30\)"):
        trained("cnn", "a", lr="1e30", params=hot.replace("epochs: EPOCHS, batch_size: 8", steps))
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    "fails", ["artefacts.model_pt.save", "artefacts.predictions_parquet.write", "training.train.fit"]
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
