"""The one training loop, for every network in the repository.

`fit` knows nothing about audio or networks: it takes a module that maps a batch x to logits (batch, label), batches of
(x, y), and a function that says how well the module does on the validation part.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from dalsegno.artefacts.learning.seeds import Seeds
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.params import section
from dalsegno.pipeline.refusals import shown
from dalsegno.training import together
from dalsegno.training.objective import losses, optimise, stopping
from dalsegno.training.objective.ranges import Count

Metrics = dict[str, int | float]


@section
class Params(losses.Params, optimise.Params):
    """`train:` of every entry under mlp, cnn, pretrain and transfer."""

    seeds: Seeds = (0,)  # one run each: initial weights, order of batches, crops
    epochs: Count = 50  # upper bound; early stopping may end sooner
    batch_size: Count = 32
    class_weights: bool = False  # weigh the loss of a class by the inverse of its count in the training part
    balanced: bool = False  # draw every class equally often instead
    # what "better" means
    monitor: Literal["val_loss", "val_accuracy", "val_balanced_accuracy", "val_macro_f1"] = "val_loss"
    curves: tuple[losses.Curve, ...] = ()  # metrics of each epoch to keep besides loss and accuracy
    patience: Count | None = 10  # epochs without a better metric before training stops, once all learns; null: never

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.class_weights and self.balanced:
            raise ValueError(
                "class_weights and balanced both make up for uneven classes, and together they do it twice; set one to false"
            )

    @property
    def minimises_log_loss(self) -> bool:
        """Whether the loss of hard labels is the log-loss that validation reports: nothing added, no class more than others."""
        other = (
            self.loss == "hinge" or self.label_smoothing or self.l1 or self.l2 or self.class_weights or self.balanced
        )
        return not other


@runtime_checkable
class Batches(Protocol):
    """One epoch each time it is iterated: x (batch, …) and soft targets y (batch, label) on the training device."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]: ...


@runtime_checkable
class ChangesByEpoch(Protocol):
    """A model of which more learns as training goes on. last_change: the first epoch in which all of that learns."""

    last_change: int

    def begin_epoch(self, epoch: int) -> None:
        """Called before each epoch, counted from 0."""
        ...


@dataclass(frozen=True)
class Fit:
    """The result of `fit`. best: the metrics of the epoch whose weights were kept; epochs: how many were trained."""

    best: Metrics
    epochs: int
    still_improving: bool


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and PyTorch, and ask PyTorch for deterministic algorithms where it has them."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.set_deterministic_debug_mode("warn")  # use_deterministic_algorithms is the same, but imports the compiler
    torch.utils.deterministic.fill_uninitialized_memory = False  # pyright: ignore[reportAttributeAccessIssue] (saves a step on a GPU)


def fit(
    model: nn.Module,
    batches: Batches,
    validate: Callable[[nn.Module], Metrics],
    p: Params,
    *,
    groups: list[dict[str, Any]] | None = None,
    class_weights: Float[Tensor, " label"] | None = None,
    dtype: torch.dtype = torch.float32,
    log: Callable[[Metrics], None] = lambda metrics: None,
) -> Fit:
    """Train `model` in place and leave it with the weights of its best epoch by `p.monitor`.

    validate: metrics with `p.monitor` among them, of the model in evaluation mode. groups: optimiser parameter groups,
    for models that train some layers slower; default: every trainable parameter. dtype: of the forward pass alone. log:
    called with each epoch's metrics. Raises UserError on a loss that is not finite, naming epoch and step.
    """
    best, best_state, history = Metrics(), model.state_dict(), []
    whole_from = model.last_change if isinstance(model, ChangesByEpoch) else 0
    how: dict[str, Any] = {"groups": groups, "class_weights": class_weights, "dtype": dtype}
    for epoch, loss, schedule in epochs(model, batches, p, **how):
        now = {"epoch": epoch, "train_loss": loss} | together.from_first(lambda: validate(model))
        log(now)
        history.append(badness(now, p))
        better = not best or history[-1] < badness(best, p)
        schedule.after_epoch(better or epoch <= whole_from)
        if better:
            best, best_state = now, {k: v.detach().clone() for k, v in model.state_dict().items()}
        elif p.patience is not None and epoch - max(best["epoch"], whole_from) >= p.patience:
            break
    model.load_state_dict(best_state)
    model.eval()
    return Fit(best, len(history), stopping.still_improving(history, p.epochs))


def epochs(
    model: nn.Module,
    batches: Batches,
    p: Params,
    *,
    groups: list[dict[str, Any]] | None = None,
    class_weights: Float[Tensor, " label"] | None = None,
    dtype: torch.dtype = torch.float32,
) -> Iterator[tuple[int, float, optimise.Schedule]]:
    """Train `model` in place: after each of `p.epochs` epochs its number from 0, its mean loss, and the schedule.

    groups, class_weights, dtype: as for `fit`. Whoever validates tells the schedule. Raises UserError as `fit` does.
    """
    groups = groups or [{"params": [w for w in model.parameters() if w.requires_grad]}]
    optimizer = optimise.optimizer(groups, p)
    schedule = optimise.schedule(optimizer, p, p.epochs * len(batches))
    for epoch in range(p.epochs):
        if isinstance(model, ChangesByEpoch):
            model.begin_epoch(epoch)
        step_losses, sizes = _steps(model, batches, optimizer, schedule, p, class_weights, dtype)
        together.average_buffers(model)
        yield epoch, _mean(step_losses, sizes, epoch, p), schedule


def _steps(
    model: nn.Module,
    batches: Batches,
    optimizer: torch.optim.Optimizer,
    schedule: optimise.Schedule,
    p: Params,
    class_weights: Float[Tensor, " label"] | None,
    dtype: torch.dtype,
) -> tuple[Float[Tensor, " step"], list[int]]:
    """Train on one epoch of batches; the loss of each step, and how many examples it is the mean of."""
    model.train()
    step_losses, sizes, weights = [], [], [w for group in optimizer.param_groups for w in group["params"]]
    for x, y in batches:
        sizes.append(len(y))
        x, y, part = together.share(x, y)
        with torch.autocast(x.device.type, dtype, enabled=dtype != torch.float32):
            logits = model(x)
        loss = part * (losses.loss_of(logits.float(), y, p, class_weights) + losses.penalty(model, p))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        together.add_gradients(weights)
        if p.clip_norm:
            nn.utils.clip_grad_norm_(weights, p.clip_norm)
        optimizer.step()
        schedule.after_step()
        step_losses.append(loss.detach())
    return together.added(torch.stack(step_losses)), sizes


def badness(metrics: Metrics, p: Params) -> float:
    """The monitored metric as a number of which less is better."""
    return float(metrics[p.monitor] if p.monitor == "val_loss" else -metrics[p.monitor])


def _mean(step_losses: Float[Tensor, " step"], sizes: list[int], epoch: int, p: Params) -> float:
    """Mean loss of an epoch's examples, looked at once per epoch so that a GPU never waits for it."""
    bad = (~step_losses.isfinite()).nonzero()
    if len(bad):
        step = int(bad[0])
        raise UserError(
            f"the training loss is {step_losses[step].item()} at epoch {epoch + 1}, step {step + 1}: training diverged; "
            f"lower train.lr (now {p.lr:g}) or set train.clip_norm (now {shown(p.clip_norm)})"
        )
    return float(np.average(step_losses.cpu().numpy(), weights=sizes))
