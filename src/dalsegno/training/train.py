"""The one training loop, for every network in the repository.

`fit` knows nothing about audio or networks: it takes a module that maps a batch x to logits (batch, label), batches of
(x, y), and a function that says how well the module does on the validation part.
"""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.params import section

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]


@section
class Params:
    """`train:` of every entry under mlp, cnn and transfer."""

    seeds: Annotated[tuple[int, ...], Field(min_length=1)] = (
        0,
    )  # one run each: initial weights, order of batches, crops
    epochs: Count = 50  # upper bound; early stopping may end sooner
    batch_size: Count = 32
    loss: Literal["cross_entropy", "hinge", "kl"] = "cross_entropy"
    label_smoothing: Share = 0.0
    class_weights: bool = False  # weigh the loss of a class by the inverse of its count in the training part
    balanced: bool = False  # draw every class equally often instead
    optimizer: Literal["adam", "adamw", "sgd", "rmsprop"] = "adamw"
    lr: Positive = 1e-3  # peak learning rate
    momentum: Share = 0.9  # of sgd and rmsprop
    weight_decay: NotNegative = 0.0
    l1: NotNegative = 0.0  # penalty on the absolute weights, added to the loss
    l2: NotNegative = 0.0  # penalty on the squared weights, added to the loss
    penalised: Count | None = None  # l1 and l2 are on so many of the first layers; null: on all
    clip_norm: Positive | None = 5.0  # largest norm of the gradient; null leaves it be
    schedule: Literal["constant", "plateau", "cosine", "onecycle"] = "cosine"
    warmup: Share = 0.1  # share of all steps in which the learning rate rises to its peak (cosine, onecycle)
    plateau_factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    plateau_patience: Count = 3  # epochs without a better figure before the learning rate falls
    monitor: Literal["val_loss", "val_accuracy", "val_macro_f1"] = "val_loss"  # what "better" means
    patience: Count | None = 10  # epochs without a better figure before training stops; null: never


class Batches(Protocol):
    """One epoch each time it is iterated: x (batch, …) and soft targets y (batch, label) on the training device."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]: ...


@dataclass(frozen=True)
class Fit:
    """What `fit` did. best: the figures of the epoch whose weights were kept; epochs: how many were trained."""

    best: dict[str, float]
    epochs: int


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and PyTorch, and ask PyTorch for deterministic algorithms where it has them."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)


def fit(
    model: nn.Module,
    batches: Batches,
    validate: Callable[[nn.Module], dict[str, float]],
    p: Params,
    *,
    groups: list[dict] | None = None,
    class_weights: Tensor | None = None,
    log: Callable[[dict[str, float]], None] = lambda figures: None,
) -> Fit:
    """Train `model` in place and leave it with the weights of its best epoch by `p.monitor`.

    A model with a method `begin_epoch(epoch)` has it called before each epoch, to change what of it learns.
    validate: figures with `p.monitor` among them, of the model in evaluation mode. groups: optimiser parameter groups,
    for models that train some layers slower; default: every trainable parameter. log: called with each epoch's figures.
    Raises UserError on a loss that is not finite, naming epoch and step.
    """
    groups = groups or [{"params": [w for w in model.parameters() if w.requires_grad]}]
    device = groups[0]["params"][0].device
    optimizer = _optimizer(groups, p)
    schedule = _schedule(optimizer, p, p.epochs * len(batches))
    best, best_state, epoch = None, None, 0
    begin_epoch = getattr(model, "begin_epoch", lambda epoch: None)
    for epoch in range(p.epochs):
        begin_epoch(epoch)
        model.train()
        losses = []
        for x, y in batches:
            with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                logits = model(x)
            loss = loss_of(logits.float(), y, p, class_weights) + penalty(model, p)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            if p.clip_norm:
                nn.utils.clip_grad_norm_((w for g in groups for w in g["params"]), p.clip_norm)
            optimizer.step()
            if schedule and p.schedule != "plateau":
                schedule.step()
            losses.append(loss.detach())
        now = {"epoch": epoch, "train_loss": _mean(losses, epoch, p)} | validate(model)
        log(now)
        if schedule and p.schedule == "plateau":
            schedule.step(_badness(now, p))
        if best is None or _badness(now, p) < _badness(best, p):
            best, best_state = now, {k: v.detach().clone() for k, v in model.state_dict().items()}
        elif p.patience is not None and epoch - best["epoch"] >= p.patience:
            break
    model.load_state_dict(best_state)
    model.eval()
    return Fit(best, epoch + 1)


def loss_of(logits: Tensor, y: Tensor, p: Params, class_weights: Tensor | None = None) -> Tensor:
    """Mean loss of logits (batch, label) against soft targets y (batch, label).

    hinge: multi-class hinge of Crammer and Singer as in `nn.MultiMarginLoss`, expected over soft targets.
    """
    if p.loss == "cross_entropy":
        return F.cross_entropy(logits, y, class_weights, label_smoothing=p.label_smoothing)
    n = logits.shape[1]
    y = y * (1 - p.label_smoothing) + p.label_smoothing / n
    weights = torch.ones_like(y) if class_weights is None else class_weights.expand_as(y)
    if p.loss == "kl":
        return (F.kl_div(F.log_softmax(logits, 1), y, reduction="none") * weights).sum(1).mean()
    margins = (1 - logits[:, :, None] + logits[:, None, :]).clamp_min(0)  # (batch, true label, other label)
    return (y * weights * (margins.sum(2) - 1) / n).sum(1).mean()


def penalty(model: nn.Module, p: Params) -> Tensor | float:
    """L1 and L2 penalties on weight matrices and kernels; biases and normalisation layers are left alone."""
    if not (p.l1 or p.l2):
        return 0.0
    weights = [w for w in model.parameters() if w.requires_grad and w.ndim > 1]
    return sum(p.l1 * w.abs().sum() + p.l2 * w.square().sum() for w in weights[: p.penalised])


def validation_figures(probabilities: Tensor, y: Tensor) -> dict[str, float]:
    """val_loss, val_accuracy and val_macro_f1 of probabilities (clip, label) against label indices y (clip,).

    Macro F1 is over the classes that `y` holds.
    """
    guess, n = probabilities.argmax(1), probabilities.shape[1]
    hit = torch.bincount(y[guess == y], minlength=n)
    n_true, n_guessed = torch.bincount(y, minlength=n), torch.bincount(guess, minlength=n)
    f1 = 2 * hit / (n_true + n_guessed).clamp_min(1)
    return {
        "val_loss": F.nll_loss(probabilities.clamp_min(1e-12).log(), y).item(),
        "val_accuracy": (guess == y).float().mean().item(),
        "val_macro_f1": f1[n_true > 0].mean().item(),
    }


def _optimizer(groups: list[dict], p: Params) -> torch.optim.Optimizer:
    rest = {"lr": p.lr, "weight_decay": p.weight_decay}
    match p.optimizer:
        case "adam":
            return torch.optim.Adam(groups, **rest)
        case "adamw":
            return torch.optim.AdamW(groups, **rest)
        case "sgd":
            return torch.optim.SGD(groups, momentum=p.momentum, **rest)
        case "rmsprop":
            return torch.optim.RMSprop(groups, momentum=p.momentum, **rest)


def _schedule(optimizer: torch.optim.Optimizer, p: Params, n_steps: int) -> torch.optim.lr_scheduler.LRScheduler | None:
    lr_scheduler = torch.optim.lr_scheduler
    match p.schedule:
        case "constant":
            return None
        case "plateau":
            return lr_scheduler.ReduceLROnPlateau(optimizer, factor=p.plateau_factor, patience=p.plateau_patience)
        case "onecycle":
            peaks = [g["lr"] for g in optimizer.param_groups]
            total = n_steps + 1  # one more than is taken, as the last would be at zero
            start = min(max(p.warmup, 1.5 / total), 1 - 0.5 / total)  # PyTorch divides by the length of either slope
            return lr_scheduler.OneCycleLR(optimizer, peaks, total_steps=total, pct_start=start)
        case "cosine":
            ramp = max(1, round(p.warmup * n_steps))
            return lr_scheduler.LambdaLR(optimizer, lambda step: _warm_cosine(step, ramp, n_steps))


def _warm_cosine(step: int, ramp: int, n_steps: int) -> float:
    """Linear rise over `ramp` steps, then cosine decay to zero; in [0, 1]."""
    if step < ramp:
        return (step + 1) / ramp
    return 0.5 * (1 + math.cos(math.pi * (step - ramp) / max(1, n_steps - ramp)))


def _badness(figures: dict[str, float], p: Params) -> float:
    return figures[p.monitor] if p.monitor == "val_loss" else -figures[p.monitor]


def _mean(losses: list[Tensor], epoch: int, p: Params) -> float:
    """Mean of an epoch's losses, looked at once an epoch so that a GPU never waits for it."""
    values = torch.stack(losses)
    bad = (~values.isfinite()).nonzero()
    if len(bad):
        step = int(bad[0])
        raise UserError(
            f"the training loss is {values[step].item()} at epoch {epoch}, step {step}: training diverged; "
            f"lower train.lr (now {p.lr:g}) or set train.clip_norm (now {p.clip_norm})"
        )
    return values.mean().item()
