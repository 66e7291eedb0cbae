"""Losses, penalties and validation metrics against values by hand and other libraries."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score, log_loss, precision_recall_fscore_support
from support.small_fits import Fixed, linear, still
from torch import nn

from dalsegno.training import train
from dalsegno.training.objective import losses

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


@pytest.mark.parametrize(("smoothing", "hard"), [(0.0, True), (0.1, False)])
def test_kl_trains_as_cross_entropy_does(smoothing, hard):
    """With hard labels to the last bit. Smoothed labels add their entropy to the loss, which moves no weight."""
    model, told = {}, {}
    for name in ("cross_entropy", "kl"):
        model[name], told[name] = linear(), []
        p = train.Params(loss=name, label_smoothing=smoothing, epochs=5, lr=0.05, patience=None)
        train.fit(model[name], Fixed(), still, p, log=told[name].append)
    ours, theirs = (m(torch.eye(3)).softmax(1) for m in model.values())
    assert torch.equal(ours, theirs) if hard else torch.allclose(ours, theirs, atol=1e-5)
    entropy = -sum(q * math.log(q) for q in (1 - smoothing / 2, smoothing / 2) if q)
    for ce, kl in zip(told["cross_entropy"], told["kl"], strict=True):
        assert kl["train_loss"] == pytest.approx(ce["train_loss"] - entropy, abs=1e-5)


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


def test_metrics_are_scikit_learns():
    p = torch.tensor([[0.8, 0.1, 0.1, 0], [0.1, 0.8, 0.1, 0], [0.6, 0.4, 0, 0], [0.3, 0.3, 0.4, 0], [0.1, 0.2, 0.7, 0]])
    y = torch.tensor([0, 1, 1, 2, 0])
    found, called = losses.metrics(p, y), p.argmax(1)
    assert found["log_loss"] == pytest.approx(log_loss(y, p[:, :3], labels=[0, 1, 2]))
    assert found["accuracy"] == pytest.approx(0.6)
    assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(y, called))
    for average in ("macro", "weighted"):
        theirs = precision_recall_fscore_support(y, called, average=average, zero_division=0)[:3]
        ours = [found[f"{average}_{name}"] for name in ("precision", "recall", "f1")]
        assert ours == pytest.approx(list(theirs))
    assert np.isfinite(losses.metrics(p, torch.full((5,), 3))["log_loss"])  # certain and wrong
