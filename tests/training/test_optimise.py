"""Learning rates of every step, as the optimiser sees them."""

import math
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import torch
from support.small_fits import Fixed, linear, still
from torch import nn

from dalsegno.pipeline import params
from dalsegno.training import train
from dalsegno.training.objective import optimise


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


@pytest.mark.parametrize(
    ("optimizer", "momentum", "used"),
    [("sgd", 0.0, 0.0), ("sgd", None, 0.9), ("sgd", 0.95, 0.95), ("rmsprop", None, 0.0), ("rmsprop", 0.9, 0.9)],
)
@pytest.mark.parametrize("schedule", ["constant", "onecycle"])
def test_momentum_is_what_is_asked_for_at_every_step(monkeypatch, schedule, optimizer, momentum, used):
    kind = {"sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop}[optimizer]
    seen, step = [], kind.step
    monkeypatch.setattr(
        kind,
        "step",
        lambda self, *a, **k: (seen.extend(g["momentum"] for g in self.param_groups), step(self, *a, **k))[1],
    )
    p = train.Params(optimizer=optimizer, momentum=momentum, schedule=schedule, lr=1e-3, epochs=3)
    train.fit(linear(), Fixed(4), still, p)
    assert len(seen) == 24 and set(seen) == {used}


def test_a_momentum_that_would_not_be_used_is_refused():
    for optimizer in ("adam", "adamw"):
        with pytest.raises(ValueError, match=f"momentum is 0.5, but {optimizer} has moments of its own"):
            train.Params(optimizer=optimizer, momentum=0.5)


def test_shares_that_leave_nothing_are_refused():
    for wrong in ({"label_smoothing": 1.0}, {"optimizer": "sgd", "momentum": 1.0}):
        assert "should be less than 1, got 1.0" in params.parse("mlp.x.train", wrong, train.Params)[1][0]


@pytest.mark.parametrize("name", ["lr", "weight_decay", "clip_norm", "l1", "l2"])
def test_numbers_that_do_not_fit_in_32_bits_are_refused(name):
    (problem,) = params.parse("mlp.x.train", {name: 1e300}, train.Params)[1]
    assert problem.startswith(f"mlp.x.train.{name}: should be less than or equal to 1") and problem.endswith(
        "got 1e+300"
    )


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_onecycle_leaves_the_betas_of_adam_alone(optimizer):
    p = optimise.Params(optimizer=optimizer, schedule="onecycle")
    adam = optimise.optimizer([{"params": list(linear().parameters())}], p)
    schedule = optimise.schedule(adam, p, 10)
    for _ in range(10):
        assert all(group["betas"] == (0.9, 0.999) for group in adam.param_groups)
        adam.step()
        schedule.after_step()


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop"])
def test_weight_decay_leaves_biases_and_normalisation_alone(optimizer):
    """Without a gradient, decay is all that moves a weight."""
    net = nn.Sequential(nn.Conv1d(2, 3, 2), nn.BatchNorm1d(3), nn.Flatten(), nn.Linear(6, 2))
    before = {name: w.detach().clone() for name, w in net.named_parameters()}
    for w in net.parameters():
        w.grad = torch.zeros_like(w)
    p = optimise.Params(optimizer=optimizer, weight_decay=0.5, lr=0.1)
    optimise.optimizer([{"params": list(net.parameters()), "lr": 0.1}], p).step()
    moved = {name for name, w in net.named_parameters() if not torch.equal(w, before[name])}
    assert moved == {"0.weight", "3.weight"}


@pytest.mark.parametrize("n_steps", [1, 2, 3])
def test_onecycle_takes_few_steps(n_steps):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    schedule = optimise.schedule(optimizer, train.Params(schedule="onecycle", lr=0.1), n_steps)
    for _ in range(n_steps):
        optimizer.step()
        schedule.after_step()


@pytest.mark.parametrize("schedule", ["onecycle", "cosine"])
@pytest.mark.parametrize("warmup", [0.0, 1.0])
def test_schedules_take_the_ends_of_their_range(monkeypatch, schedule, warmup):
    lrs = learning_rates(monkeypatch, schedule=schedule, warmup=warmup)
    assert len(lrs) == 20 and (lrs >= 0).all() and lrs.max() <= 0.1 + 1e-12


def test_plateau_learning_rate(monkeypatch):
    p = {"schedule": "plateau", "plateau_factor": 0.5}
    lrs = learning_rates(monkeypatch, **p, plateau_patience=1)[:, 0]
    assert lrs[::4] == pytest.approx([0.1, 0.1, 0.05, 0.025, 0.0125])  # the first is the best; the others are ties
    lrs = learning_rates(monkeypatch, **p, plateau_patience=2, epochs=6)[:, 0]
    assert lrs[::4] == pytest.approx([0.1, 0.1, 0.1, 0.05, 0.05, 0.025])


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy", "val_balanced_accuracy", "val_macro_f1"])
def test_a_plateau_and_early_stopping_agree_on_what_is_better(monkeypatch, monitor):
    """The rate falls after every two epochs without a strictly better metric, and the best epoch is the same."""
    rising = [0.5, 0.5, 0.6, 0.6, 0.60001, 0.6, 0.6, 0.6]
    seen, step = [], torch.optim.SGD.step
    monkeypatch.setattr(
        torch.optim.SGD, "step", lambda self, *a, **k: (seen.append(self.param_groups[0]["lr"]), step(self, *a, **k))[1]
    )
    values = iter(rising if monitor != "val_loss" else [1 - value for value in rising])
    p = train.Params(
        optimizer="sgd", lr=0.1, epochs=8, patience=None, monitor=monitor,
        schedule="plateau", plateau_factor=0.5, plateau_patience=2,
    )  # fmt: skip
    fit = train.fit(linear(), Fixed(1), lambda model: still(model) | {monitor: next(values)}, p)
    assert fit.best["epoch"] == 4 and seen == pytest.approx([0.1] * 7 + [0.05])


def test_layers_that_train_slower_stay_so(monkeypatch):
    groups = lambda model: [{"params": [model.weight], "lr": 0.03}, {"params": [model.bias]}]
    lrs = learning_rates(monkeypatch, groups, schedule="cosine")
    assert lrs[:, 0] == pytest.approx(0.3 * lrs[:, 1])


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", "rmsprop"])
def test_steps_are_those_of_pytorch(name):
    settings = {"momentum": 0.9} if name == "sgd" else {}
    kind = {
        "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW,
        "sgd": torch.optim.SGD,
        "rmsprop": torch.optim.RMSprop,
    }
    ours, theirs = linear(), linear()
    theirs.load_state_dict(ours.state_dict())
    p = optimise.Params(optimizer=name, lr=0.01)
    steppers = [
        (ours, optimise.optimizer([{"params": list(ours.parameters())}], p)),
        (theirs, kind[name](theirs.parameters(), lr=0.01, weight_decay=0.0, **settings)),
    ]
    x = torch.linspace(-1, 1, 5 * ours.weight.shape[1]).reshape(5, -1)
    for model, stepper in steppers:
        for _ in range(20):
            stepper.zero_grad(set_to_none=True)
            model(x).square().sum().backward()
            stepper.step()
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_training_does_not_import_the_compiler():
    """It takes PyTorch a second or more to import, in every stage that trains."""
    code = """
        import sys
        from support.small_fits import Fixed, linear, still
        from dalsegno.training import train
        train.seed_everything(0)
        for name in ("adam", "adamw", "sgd", "rmsprop"):
            train.fit(linear(), Fixed(4), still, train.Params(optimizer=name, epochs=2))
        print(*sorted({"torch._dynamo", "torch._inductor", "sympy"} & set(sys.modules)))
    """
    path = os.pathsep.join(sys.path)
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert (run.stdout.strip(), run.returncode) == ("", 0), run.stderr
