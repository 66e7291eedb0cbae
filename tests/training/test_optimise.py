"""Learning rates of every step, as the optimiser sees them."""

import math

import numpy as np
import pytest
import torch
from support.small_fits import Fixed, linear, still
from torch import nn

from dalsegno.training import optimise, train


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
