"""Every fold and seed of one model: train it, predict every clip, and keep what came of it."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import torch
from dvclive.live import Live
from jaxtyping import Float, Int
from torch import Tensor, nn

from dalsegno.artefacts.learning import calibration, curves_csv, json_file, layers_csv, model_pt, predictions_parquet
from dalsegno.pipeline import files, progress
from dalsegno.pipeline.errors import UserError
from dalsegno.training import losses, precision, predict, train
from dalsegno.training.batches import Batches
from dalsegno.training.job import Built, Job, Run

T = TypeVar("T")
WATCHED = ("accuracy", "balanced_accuracy", "macro_f1")  # by which an epoch may be the best, besides the loss


@dataclass(frozen=True)
class Result:
    """What came of a run: its entry in model.pt, its rows of predictions.parquet, its cost, best epoch and layers."""

    checkpoint: dict[str, Any]
    predictions: pd.DataFrame
    cost: dict[str, int | float]
    best: train.Metrics
    layers: pd.DataFrame


def all_runs(job: Job, description: dict[str, Any], run_dir: str | Path, metrics_dir: str | Path) -> None:
    """Train a model for each fold and seed; write model.pt, its predictions and cost.json, and log to DVCLive.

    description: what model.pt says of the model besides its weights, plain data. An error leaves nothing of the run
    behind. Raises UserError if a part cannot be trained on.
    """
    runs = job.runs()
    try:
        with files.atomic(run_dir) as draft:
            draft.mkdir()
            live = Live(str(metrics_dir), dvcyaml=None, save_dvc_exp=False, report=None)
            with live, predictions_parquet.Segments(draft / "segments.parquet") as segments:
                results = [_carry_out(run, live, segments) for run in runs]
            _write(draft, job, description, results)
            comparable = job.train.minimises_log_loss and not job.augmentation.mixup_alpha
            curves_csv.write(draft / "curves.csv", metrics_dir, losses_comparable=comparable)
            best = _means([result.best for result in results])
            json_file.write(Path(metrics_dir, "metrics.json"), {"best_epoch": best.pop("epoch")} | best)
    except BaseException:
        shutil.rmtree(metrics_dir, ignore_errors=True)
        raise


def _write(folder: Path, job: Job, description: dict[str, Any], results: list[Result]) -> None:
    """model.pt, predictions.parquet, layers.csv of the first run, and cost.json, whose numbers are means over the runs."""
    checkpoints = [result.checkpoint for result in results]
    made_on = precision.made_on(job.device, precision.of_training(job.device))
    model_pt.save(folder / "model.pt", description | {"labels": job.classes, "runs": checkpoints, "made_on": made_on})
    predictions_parquet.write(folder / "predictions.parquet", [result.predictions for result in results])
    layers_csv.write(folder / "layers.csv", results[0].layers)
    cost = _means([result.cost for result in results])
    asked = {"max_epochs": job.train.epochs, "lr": job.train.lr}
    json_file.write(folder / "cost.json", cost | asked | made_on)


def _carry_out(run: Run, live: Live, segments: predictions_parquet.Segments) -> Result:
    """Train and predict every clip; windows go to `segments` at once."""
    job, ids = run.job, run.job.source.clip_ids
    built, fit, train_s = _trained(run, live)
    (p, owners), predict_s = _timed(lambda: predict.windows(built.model, run.source, ids))
    segments.add(predictions_parquet.frame(job.splits, run.fold, run.seed, owners, p, job.classes))
    p = predict.voted(p, owners, ids, job.vote)
    checkpoint = {"fold": run.fold, "seed": run.seed, "input_shape": list(run.source.input_shape)}
    checkpoint["temperature"] = _temperature(run, p)
    clips = run.clips(built.inherited)
    return Result(
        checkpoint=checkpoint | ({"clips": clips} if clips else {}) | {"state": _on_cpu(built.model)},
        predictions=predictions_parquet.frame(job.splits, run.fold, run.seed, ids, p, job.classes),
        cost=_cost(built.model, fit, train_s, predict_s / len(ids)),
        best=fit.best,
        layers=layers_csv.table(built.model, run.source.longest()[:1]),
    )


def _trained(run: Run, live: Live) -> tuple[Built, train.Fit, float]:
    """The trained model, what `train.fit` says of it, and the seconds that training took."""
    job = run.job
    train.seed_everything(run.seed)
    built = job.build(run.fold, run.train_ids)
    built.model.to(job.device)
    batches = _batches(run)
    _check_batch_norm(built.model, batches, run)
    predict.try_out(built.model, run.source)
    weights = _class_weights(batches.y, len(job.classes)).to(job.device) if job.train.class_weights else None
    options = {"groups": built.groups, "class_weights": weights, "log": _logger(run, live)}
    fit, train_s = _timed(lambda: train.fit(built.model, batches, _validation(run), job.train, **options))
    return built, fit, train_s


def _batches(run: Run) -> Batches:
    """The training examples of a run, in an order that its seed decides."""
    job, p = run.job, run.job.train
    examples, owners = run.source.examples(run.train_ids)
    return Batches(
        run.source, examples, job.labels(owners), len(job.classes), p.batch_size,
        seed=run.seed, device=job.device, balanced=p.balanced, augmentation=job.augmentation,
    )  # fmt: skip


def _check_batch_norm(model: nn.Module, batches: Batches, run: Run) -> None:
    """Raise UserError if batches are of one example and the model normalises over the batch."""
    if batches.batch_size == 1 and any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in model.modules()):
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

    def measured(model: nn.Module, clip_ids: list[str]) -> train.Metrics:
        probabilities = predict.voted(*predict.windows(model, run.source, clip_ids), clip_ids, job.vote)
        if not np.isfinite(probabilities).all():
            raise UserError(
                f"fold {run.fold}, seed {run.seed}: predictions contain NaN or infinity: training diverged; "
                f"lower train.lr (now {job.train.lr:g}) or set train.clip_norm (now {job.train.clip_norm})"
            )
        return losses.metrics(torch.from_numpy(probabilities), job.labels(clip_ids))

    def validate(model: nn.Module) -> train.Metrics:
        valid, seen = measured(model, run.valid_ids), measured(model, some)
        watched = {"val_loss": valid["log_loss"]} | {f"val_{name}": valid[name] for name in (*WATCHED, *names)}
        return watched | {f"train_{name}": seen[name] for name in ("log_loss", "accuracy", *names)}

    return validate


def _temperature(run: Run, p: Float[np.ndarray, "clip label"]) -> float:
    """The temperature that suits the validation clips; p: probabilities of all clips of the source."""
    valid = pd.Index(run.job.source.clip_ids).get_indexer(run.valid_ids)
    return calibration.temperature_from(p[valid], run.job.labels(run.valid_ids).numpy())


def _logger(run: Run, live: Live) -> Callable[[train.Metrics], None]:
    """A function that logs the metrics of an epoch to DVCLive and prints the foremost."""
    asked = [f"{part}_{name}" for name in run.job.train.curves for part in ("train", "val")]
    printed = dict.fromkeys(["train_loss", "val_loss", "train_accuracy", "val_accuracy", run.job.train.monitor])

    def log(metrics: train.Metrics) -> None:
        live.step = int(metrics["epoch"])
        for name in dict.fromkeys([*curves_csv.CURVES, *asked]):
            live.log_metric(f"{name}/fold{run.fold}_seed{run.seed}", round(metrics[name], 6))
        line = "  ".join(f"{name} {metrics[name]:8.4f}" for name in printed)
        epoch = f"epoch {metrics['epoch'] + 1:>3}/{run.job.train.epochs}"
        progress.say(f"fold {run.fold}  seed {run.seed}  {epoch}  {line}")

    return log


def _class_weights(y: Int[Tensor, " example"], n_labels: int) -> Float[Tensor, " label"]:
    """Weights inverse to the counts, of mean 1 over the training examples."""
    return len(y) / (n_labels * torch.bincount(y, minlength=n_labels).clamp_min(1))


def _on_cpu(model: nn.Module) -> dict[str, Tensor]:
    """A copy of the weights and buffers, by name."""
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    """The result of `call`, and the seconds that it took."""
    began = time.perf_counter()
    return call(), time.perf_counter() - began


def _cost(model: nn.Module, fit: train.Fit, train_s: float, predict_s_per_clip: float) -> dict[str, int | float]:
    """The entries of cost.json: number of weights, seconds, epochs trained, and milliseconds of prediction per clip."""
    return {
        "parameters": sum(w.numel() for w in model.parameters()),
        "train_s": train_s,
        "epochs": fit.epochs,
        "best_epoch": fit.best["epoch"],
        "predict_ms_per_clip": 1000 * predict_s_per_clip,
    }


def _means(rows: list[dict[str, int | float]]) -> dict[str, float]:
    """The mean of each entry over dictionaries with the same keys."""
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
