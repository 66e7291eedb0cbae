"""How weights are moved: the optimiser, and how its learning rate changes over the steps of a run."""

import math
from typing import Annotated, Any, Literal

import torch
from pydantic import Field

from dalsegno.pipeline.params import section
from dalsegno.training.ranges import Count, NotNegative, Positive, Share

LRScheduler = torch.optim.lr_scheduler.LRScheduler


@section
class Params:
    """The part of `train:` that says how weights are moved."""

    optimizer: Literal["adam", "adamw", "sgd", "rmsprop"] = "adamw"
    lr: Positive = 1e-3  # peak learning rate
    momentum: Share = 0.9  # of sgd and rmsprop
    weight_decay: NotNegative = 0.0
    clip_norm: Positive | None = 5.0  # largest norm of the gradient; null leaves it be
    schedule: Literal["constant", "plateau", "cosine", "onecycle"] = "cosine"
    warmup: Share = 0.1  # share of all steps in which the learning rate rises to its peak (cosine, onecycle)
    plateau_factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    plateau_patience: Count = 3  # epochs without a better metric before the learning rate falls


def optimizer(groups: list[dict[str, Any]], p: Params) -> torch.optim.Optimizer:
    """The optimiser of `p` over parameter groups; a group may have a learning rate of its own."""
    settings = {"lr": p.lr, "weight_decay": p.weight_decay}
    match p.optimizer:
        case "adam":
            return torch.optim.Adam(groups, **settings)
        case "adamw":
            return torch.optim.AdamW(groups, **settings)
        case "sgd":
            return torch.optim.SGD(groups, momentum=p.momentum, **settings)
        case "rmsprop":
            return torch.optim.RMSprop(groups, momentum=p.momentum, **settings)


def schedule(
    optimizer: torch.optim.Optimizer, p: Params, n_steps: int
) -> LRScheduler | torch.optim.lr_scheduler.ReduceLROnPlateau | None:
    """The schedule of `p` for a run of `n_steps`; None for a constant learning rate. plateau steps once per epoch."""
    match p.schedule:
        case "constant":
            return None
        case "plateau":
            return torch.optim.lr_scheduler.ReduceLROnPlateau(
                optimizer, factor=p.plateau_factor, patience=p.plateau_patience
            )
        case "onecycle":
            peaks = [g["lr"] for g in optimizer.param_groups]
            total = n_steps + 1  # one more than is taken, as the last would be at zero
            start = min(max(p.warmup, 1.5 / total), 1 - 0.5 / total)  # PyTorch divides by the length of either slope
            return torch.optim.lr_scheduler.OneCycleLR(optimizer, peaks, total_steps=total, pct_start=start)
        case "cosine":
            ramp = max(1, round(p.warmup * n_steps))
            return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _warm_cosine(step, ramp, n_steps))


def _warm_cosine(step: int, ramp: int, n_steps: int) -> float:
    """The share of the peak rate at a step: a linear rise over `ramp` steps, then cosine decay to zero."""
    if step < ramp:
        return (step + 1) / ramp
    return 0.5 * (1 + math.cos(math.pi * (step - ramp) / max(1, n_steps - ramp)))
