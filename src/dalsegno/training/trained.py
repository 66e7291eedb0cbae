"""One run, a fold and a seed of a model: build it, train it, and watch it on the validation clips."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.refusals import shown
from dalsegno.training import memory, network, predict, train
from dalsegno.training.batches import Batches
from dalsegno.training.job import Built, Run
from dalsegno.training.objective import losses

WATCHED = ("accuracy", "balanced_accuracy", "macro_f1")  # by which an epoch may be the best, besides the loss


def trained(run: Run, log: Callable[[train.Metrics], None]) -> tuple[Built, train.Fit, float]:
    """The trained model, what `train.fit` says of it, and the seconds that it took. log: called with each epoch's metrics.

    Raises UserError if the model cannot be trained on these clips, training diverges, or a GPU runs out of memory.
    """
    with enough_memory(run):
        built, batches, weights = ready(run)
        validate, began = _validation(run), time.perf_counter()
        options = {"groups": built.groups, "class_weights": weights, "dtype": run.job.dtype, "log": log}
        fit = train.fit(built.model, batches, validate, run.job.train, **options)
        return built, fit, time.perf_counter() - began


def enough_memory(run: Run) -> AbstractContextManager[None]:
    """Raise UserError that says what to lower in `run` if a GPU or the machine runs out of memory meanwhile."""
    batch_size = run.job.train.batch_size
    lower = f"lower train.batch_size (now {batch_size}), view.crop_s or the size of the model"
    return memory.enough(lower, "set runtime.device to cpu")


def ready(run: Run) -> tuple[Built, Batches, Float[Tensor, " label"] | None]:
    """The untrained model, its batches and the weights of its classes, if they have any; all seeded by the run.

    Raises UserError if the model cannot be trained on these clips.
    """
    job = run.job
    train.seed_everything(run.seed)
    built = job.build(run.fold, run.train_ids)
    built.model.to(job.device)
    batches = _batches(run)
    _check_batch_norm(built.model, batches, run)
    predict.try_out(built.model, run.source)
    weights = _class_weights(batches.y, len(job.classes)).to(job.device) if job.train.class_weights else None
    return built, batches, weights


def _batches(run: Run) -> Batches:
    """The training examples of a run, in an order that its seed decides."""
    job, p = run.job, run.job.train
    examples, owners = run.source.examples(run.train_ids)
    return Batches(
        run.source, examples, job.labels(owners), len(job.classes), p.batch_size,
        seed=run.seed, device=job.device, balanced=p.balanced, augmentation=job.augmentation,
    )  # fmt: skip


def _check_batch_norm(model: nn.Module, batches: Batches, run: Run) -> None:
    """Raise UserError if batches are of one example and the model, as it is when all of it learns, normalises over the batch."""
    if batches.batch_size > 1:
        return
    if isinstance(model, train.ChangesByEpoch):
        model.begin_epoch(model.last_change)
    if any(isinstance(m, network.BATCH_NORMS) and m.training for m in model.train().modules()):
        raise UserError(
            f"train.batch_size is {run.job.train.batch_size} and fold {run.fold} has {len(batches.examples)} training "
            "examples: batch normalisation cannot train on batches of one; there must be at least 2 of both"
        )


def _validation(run: Run) -> Callable[[nn.Module], train.Metrics]:
    """A function that gives the metrics of a model on the validation clips, and on as many training clips.

    It raises UserError on NaN or infinity.
    """
    job, names = run.job, run.job.train.curves
    some = np.random.default_rng(run.seed).permutation(run.train_ids)[: len(run.valid_ids)].tolist()
    labels = [job.labels(clip_ids) for clip_ids in (run.valid_ids, some)]

    def measured(model: nn.Module, clip_ids: list[str], y: Int[Tensor, " clip"]) -> train.Metrics:
        probabilities = predict.voted(*predict.windows(model, run.source, clip_ids), clip_ids, job.vote)
        if not np.isfinite(probabilities).all():
            raise UserError(
                f"fold {run.fold}, seed {run.seed}: predictions contain NaN or infinity: training diverged; "
                f"lower train.lr (now {job.train.lr:g}) or set train.clip_norm (now {shown(job.train.clip_norm)})"
            )
        return losses.metrics(torch.from_numpy(probabilities), y)

    def validate(model: nn.Module) -> train.Metrics:
        valid, seen = (measured(model, ids, y) for ids, y in zip((run.valid_ids, some), labels, strict=True))
        watched = {"val_loss": valid["log_loss"]} | {f"val_{name}": valid[name] for name in (*WATCHED, *names)}
        return watched | {f"train_{name}": seen[name] for name in ("log_loss", "accuracy", *names)}

    return validate


def _class_weights(y: Int[Tensor, " example"], n_labels: int) -> Float[Tensor, " label"]:
    """Weights inverse to the counts, of mean 1 over the training examples."""
    return len(y) / (n_labels * torch.bincount(y, minlength=n_labels).clamp_min(1))
