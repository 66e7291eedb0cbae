"""The training loop: early stopping, divergence, clipping, seeds."""

import math

import pytest
import torch
from support.small_fits import Fixed, copied, linear, still
from torch import nn

from dalsegno.pipeline.errors import UserError
from dalsegno.training import train
from dalsegno.training.objective import stopping


@pytest.mark.parametrize(
    ("monitor", "figures", "best", "trained"),
    [
        ("val_loss", [3, 1, 2, 2, 2, 0], 1, 5),  # three without a better one; the sixth is never seen
        ("val_accuracy", [0.1, 0.2, 0.9, 0.3, 0.9, 0.9, 1.0], 2, 6),  # as good is no better
        ("val_balanced_accuracy", [0.1, 0.2, 0.9, 0.3, 0.9, 0.9, 1.0], 2, 6),
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


@pytest.mark.parametrize(
    ("badness", "most", "so"),
    [
        ([2 - 0.1 * t for t in range(15)], 15, True),
        ([math.exp(-t / 5) for t in range(15)], 15, True),  # the last two of 15 bring 2.6% of what all did
        ([math.exp(-t / 2) for t in range(15)], 15, False),  # 0.1%: as good as at its end
        ([*range(20, 7, -1), 9, 8], 15, False),  # the best is before the last two
        ([*range(20, 7, -1), 9, 7], 15, True),
        ([*range(20, 6, -1)], 15, False),  # early stopping ended it
        ([1.0] * 15, 15, False),
        ([2.0, 1.0], 2, True),
        ([1.0], 1, False),  # a single epoch has none before it
    ],
)
def test_still_improving_is_a_gain_in_the_last_of_the_epochs_allowed(badness, most, so):
    assert stopping.still_improving(badness, most) is so


def test_a_fit_tells_whether_it_was_still_improving():
    loss = iter([5, 4, 3, 2, 1, 0, 0, 1, 2, 3, 4, 5])
    for so in (True, False):
        fit = train.fit(linear(), Fixed(), lambda m: still(m) | {"val_loss": next(loss)}, train.Params(epochs=6))
        assert fit.still_improving is so


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

    with pytest.raises(UserError, match="epoch 2, step 3"):
        train.fit(linear(), data, spoil, train.Params())


def test_the_gradient_is_clipped():
    def moved(clip_norm):
        model = linear()
        before = torch.cat([w.detach().flatten().clone() for w in model.parameters()])
        p = train.Params(optimizer="sgd", momentum=0.0, lr=1.0, schedule="constant", epochs=1, clip_norm=clip_norm)
        train.fit(model, Fixed(1), still, p)
        return (torch.cat([w.detach().flatten() for w in model.parameters()]) - before).norm().item()

    assert moved(None) > 0.1 and moved(0.01) == pytest.approx(0.01, rel=1e-3)


def test_same_seed_same_weights():
    def trained(seed):
        model = linear(seed)
        train.fit(model, Fixed(), still, train.Params(epochs=3))
        return model.weight

    assert torch.equal(trained(3), trained(3)) and not torch.equal(trained(3), trained(4))
