"""How weights are moved: the optimiser, and how its learning rate changes over the steps of a run."""

import inspect
import math
from collections.abc import Callable
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from torch.optim import lr_scheduler

from dalsegno.pipeline.params import section
from dalsegno.pipeline.refusals import ReadWhere
from dalsegno.training.objective.ranges import BelowOne, Count, NotNegative, Positive, Share


@section
class Params:
    """The part of `train:` that says how weights are moved."""

    optimizer: Literal["adam", "adamw", "sgd", "rmsprop"] = "adamw"
    lr: Positive = 1e-3  # peak learning rate
    momentum: BelowOne | None = None  # of sgd and rmsprop; null: 0.9 for sgd, none for rmsprop
    weight_decay: NotNegative = 0.0  # on matrices and kernels; biases and normalisation are left alone
    clip_norm: Positive | None = 5.0  # largest norm of the gradient; null leaves it be
    schedule: Literal["constant", "plateau", "cosine", "onecycle"] = "cosine"
    # share of all steps in which the learning rate rises to its peak
    warmup: Annotated[Share, ReadWhere(schedule=("cosine", "onecycle"))] = 0.1
    plateau_factor: Annotated[float, Field(gt=0, lt=1), ReadWhere(schedule=("plateau",))] = 0.1
    # epochs without a better metric before the learning rate falls
    plateau_patience: Annotated[Count, ReadWhere(schedule=("plateau",))] = 3

    def __post_init__(self) -> None:
        if self.momentum is not None and self.optimizer in ("adam", "adamw"):
            raise ValueError(
                f"momentum is {self.momentum:g}, but {self.optimizer} has moments of its own; leave it out, or take sgd or rmsprop"
            )


class Schedule:
    """A learning rate that stays as it is; the others change it after a step or after an epoch."""

    def after_step(self) -> None:
        """Called after each step of the optimiser."""

    def after_epoch(self, better: bool) -> None:
        """Called after each epoch. better: whether the monitored metric is the best so far, as for early stopping."""


class ByStep(Schedule):
    """A learning rate that PyTorch's scheduler changes after every step."""

    def __init__(self, scheduler: lr_scheduler.LRScheduler) -> None:
        self.scheduler = scheduler

    def after_step(self) -> None:
        """Set the rate of the next step."""
        self.scheduler.step()


class Plateau(Schedule):
    """A learning rate that is multiplied by `factor` after every `patience` epochs in a row that are no better."""

    def __init__(self, optimizer: torch.optim.Optimizer, factor: float, patience: int) -> None:
        self.optimizer, self.factor, self.patience, self.idle = optimizer, factor, patience, 0

    def after_epoch(self, better: bool) -> None:
        """Set the rates of the next epoch."""
        self.idle = 0 if better else self.idle + 1
        if self.idle == self.patience:
            self.idle = 0
            for group in self.optimizer.param_groups:
                group["lr"] *= self.factor


def optimizer(groups: list[dict[str, Any]], p: Params) -> torch.optim.Optimizer:
    """The optimiser of `p` over parameter groups; a group may have a learning rate of its own.

    Weights with fewer than two axes, which are biases and those of normalisation, form groups without weight decay.
    """
    groups = [part for group in groups for part in _by_decay(group)]
    settings: dict[str, Any] = {"lr": p.lr, "weight_decay": p.weight_decay}
    if all(w.is_cuda for group in groups for w in group["params"]) and p.optimizer != "rmsprop":
        settings["fused"] = True  # in a few kernels, whose start is what a small network waits for; rmsprop cannot
    match p.optimizer:
        case "adam":
            return _undecorated(torch.optim.Adam)(groups, **settings)
        case "adamw":
            return _undecorated(torch.optim.AdamW)(groups, **settings)
        case "sgd":
            return _undecorated(torch.optim.SGD)(groups, momentum=0.9 if p.momentum is None else p.momentum, **settings)
        case "rmsprop":
            return _undecorated(torch.optim.RMSprop)(groups, momentum=p.momentum or 0.0, **settings)


def _undecorated(kind: type[torch.optim.Optimizer]) -> Callable[..., torch.optim.Optimizer]:
    """`kind` without the decorators by which PyTorch keeps its compiler out of it: they import that compiler, a second or more."""
    methods = {name: inspect.unwrap(getattr(kind, name)) for name in ("add_param_group", "zero_grad", "step")}
    return type(kind.__name__, (kind,), methods | {"step": torch.no_grad()(methods["step"])})


def schedule(optimizer: torch.optim.Optimizer, p: Params, n_steps: int) -> Schedule:
    """The schedule of `p` for a run of `n_steps`. It changes the learning rate and nothing else, momentum least of all."""
    match p.schedule:
        case "constant":
            return Schedule()
        case "plateau":
            return Plateau(optimizer, p.plateau_factor, p.plateau_patience)
        case "onecycle":
            peaks = [g["lr"] for g in optimizer.param_groups]
            total = n_steps + 1  # one more than is taken, as the last would be at zero
            start = min(max(p.warmup, 1.5 / total), 1 - 0.5 / total)  # PyTorch divides by the length of either slope
            options = {"total_steps": total, "pct_start": start, "cycle_momentum": False}
            return ByStep(lr_scheduler.OneCycleLR(optimizer, peaks, **options))
        case "cosine":
            ramp = max(1, round(p.warmup * n_steps))
            return ByStep(lr_scheduler.LambdaLR(optimizer, lambda step: _warm_cosine(step, ramp, n_steps)))


def _by_decay(group: dict[str, Any]) -> list[dict[str, Any]]:
    """The group cut in two: weights that decay, and those that do not; without an empty one."""
    decaying = [w for w in group["params"] if w.ndim > 1]
    others = [w for w in group["params"] if w.ndim <= 1]
    parts = [group | {"params": decaying}, group | {"params": others, "weight_decay": 0.0}]
    return [part for part in parts if part["params"]]


def _warm_cosine(step: int, ramp: int, n_steps: int) -> float:
    """The share of the peak rate at a step: a linear rise over `ramp` steps, then cosine decay to zero."""
    if step < ramp:
        return (step + 1) / ramp
    return 0.5 * (1 + math.cos(math.pi * (step - ramp) / max(1, n_steps - ramp)))
