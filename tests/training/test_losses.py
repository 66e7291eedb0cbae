"""Losses, penalties and validation metrics against values by hand and other libraries."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score
from torch import nn

from dalsegno.training import losses, train

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
