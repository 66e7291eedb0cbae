"""Every fold and seed of one model: fit, predict every clip, and keep what came of it."""

import itertools
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import pandas as pd
import torch
from dvclive import Live
from torch import Tensor, nn

from dalsegno.artefacts import json_file, model_pt, predictions_parquet, splits_csv
from dalsegno.pipeline import files, progress
from dalsegno.pipeline.errors import UserError
from dalsegno.training import batches, predict, train
from dalsegno.training.views import augment

T = TypeVar("T")
CURVES = ("train_loss", "val_loss", "val_accuracy")


class Source(batches.Source, predict.Clips, Protocol):
    """Stored clips to train on and to predict."""

    input_shape: tuple[int, ...]

    def rows(self, clip_ids: list[str]) -> tuple[Tensor, list[str]]:
        """Indices of the training examples of `clip_ids`, and the clip of each."""
        ...


@dataclass(frozen=True)
class Built:
    """A model ready to train. groups: optimiser parameter groups, or None for every trainable parameter alike."""

    model: nn.Module
    groups: list[dict] | None = None


@dataclass(frozen=True)
class Job:
    """What the runs of one model share.

    build: makes the model for the training clips of a fold, from which alone it may learn its preprocessing. changes:
    how training batches are augmented.
    """

    source: Source
    splits: pd.DataFrame
    train: train.Params
    build: Callable[[list[str]], Built]
    device: torch.device
    changes: augment.Params
    vote: predict.Vote = "mean"

    @property
    def classes(self) -> list[str]:
        return splits_csv.classes(self.splits)

    def labels(self, clip_ids: list[str]) -> Tensor:
        """Label index (n,) of each clip."""
        number = {name: i for i, name in enumerate(self.classes)}
        label = self.splits.set_index("clip_id")["label"].map(number)
        return torch.tensor(label[clip_ids].to_numpy(np.int64))


def all_runs(job: Job, about: dict[str, Any], run_dir: str | Path, metrics_dir: str | Path) -> None:
    """Train a model for each fold and seed; write model.pt, what it predicts and cost.json, and log to DVCLive.

    about: what model.pt says of the model besides its weights, plain data. An error leaves nothing of the run behind.
    """
    parts = {fold: _parts(job, fold) for fold in splits_csv.numbers(job.splits)}
    states, rows, costs, bests = [], [], [], []
    ids, shape = job.source.clip_ids, list(job.source.input_shape)
    try:
        with files.atomic(run_dir) as draft:
            draft.mkdir()
            live = Live(str(metrics_dir), dvcyaml=None, save_dvc_exp=False, report=None)
            with live, predictions_parquet.Segments(draft / "segments.parquet") as segments:
                for fold, seed in itertools.product(parts, job.train.seeds):
                    model, fit, train_s = _one_run(job, parts[fold], fold, seed, live)
                    (p, owners), predict_s = _timed(lambda m=model: predict.windows(m, job.source, ids))
                    segments.add(predictions_parquet.frame(job.splits, fold, seed, owners, p, job.classes))
                    p = predict.voted(p, owners, ids, job.vote)
                    rows.append(predictions_parquet.frame(job.splits, fold, seed, ids, p, job.classes))
                    states.append({"fold": fold, "seed": seed, "state": _on_cpu(model)})
                    bests.append(fit.best)
                    costs.append(_cost(model, fit, train_s, predict_s / len(ids)))
            model_pt.save(draft / "model.pt", about | {"labels": job.classes, "input_shape": shape, "runs": states})
            predictions_parquet.write(draft / "predictions.parquet", rows)
            json_file.write(draft / "cost.json", _means(costs) | {"device": job.device.type})
            best = _means(bests)
            json_file.write(Path(metrics_dir, "metrics.json"), {"best_epoch": best.pop("epoch")} | best)
    except BaseException:
        shutil.rmtree(metrics_dir, ignore_errors=True)
        raise


def _one_run(
    job: Job, parts: dict[str, list[str]], fold: int, seed: int, live: Live
) -> tuple[nn.Module, train.Fit, float]:
    """One fold and seed: the trained model, what `train.fit` says of it, and the seconds it took."""
    train.seed_everything(seed)
    built = job.build(parts["train"])
    built.model.to(job.device, memory_format=torch.channels_last)  # 1.5 to 2.5 times faster convolutions on a CPU
    rows, owners = job.source.rows(parts["train"])
    y, n, p = job.labels(owners), len(job.classes), job.train
    data = batches.Batches(
        job.source, rows, y, n, p.batch_size, seed=seed, device=job.device, balanced=p.balanced, changes=job.changes
    )
    if data.batch_size == 1 and any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in built.model.modules()):
        raise UserError(
            f"train.batch_size is {p.batch_size} and fold {fold} has {len(rows)} training examples: batch normalisation "
            "cannot train on batches of one; there must be at least 2 of both"
        )
    predict.try_out(built.model, job.source)
    y_valid = job.labels(parts["valid"])

    def validate(model: nn.Module) -> dict[str, float]:
        found = predict.voted(*predict.windows(model, job.source, parts["valid"]), parts["valid"], job.vote)
        if not np.isfinite(found).all():
            raise UserError(
                f"fold {fold}, seed {seed}: the network's answers are no longer numbers: training diverged; "
                f"lower train.lr (now {p.lr:g}) or set train.clip_norm (now {p.clip_norm})"
            )
        return train.validation_figures(torch.from_numpy(found), y_valid)

    def log(figures: dict[str, float]) -> None:
        live.step = figures["epoch"]
        for name in CURVES:
            live.log_metric(f"{name}/fold{fold}_seed{seed}", round(figures[name], 6))
        told = "  ".join(f"{name} {value:8.4f}" for name, value in figures.items() if name != "epoch")
        progress.say(f"fold {fold}  seed {seed}  epoch {figures['epoch'] + 1:>3}/{p.epochs}  {told}")

    weights = _class_weights(y, n).to(job.device) if p.class_weights else None
    fit, seconds = _timed(
        lambda: train.fit(built.model, data, validate, p, groups=built.groups, class_weights=weights, log=log)
    )
    return built.model, fit, seconds


def _parts(job: Job, fold: int) -> dict[str, list[str]]:
    """Stored clips of the training and validation part. Raises UserError if a part cannot be trained on."""
    here = job.splits[job.splits["clip_id"].isin(job.source.clip_ids)]
    parts = {part: sorted(here.loc[here[f"fold{fold}"] == part, "clip_id"]) for part in ("train", "valid")}
    for part, ids in parts.items():
        if not ids:
            raise UserError(f"fold {fold} has no clip in its {part} part; see the counts in metrics/splits.json")
    absent = sorted(set(job.classes) - set(here.loc[here[f"fold{fold}"] == "train", "label"]))
    if absent:
        raise UserError(f"fold {fold}: no training clip of {', '.join(absent)}; choose another splits.protocol or seed")
    return parts


def _class_weights(y: Tensor, n_labels: int) -> Tensor:
    """Weights (label,) inverse to the counts, of mean 1 over the training examples."""
    return len(y) / (n_labels * torch.bincount(y, minlength=n_labels).clamp_min(1))


def _on_cpu(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    return call(), time.perf_counter() - began


def _cost(model: nn.Module, fit: train.Fit, train_s: float, predict_s_per_clip: float) -> dict[str, float]:
    return {
        "parameters": sum(w.numel() for w in model.parameters()),
        "train_s": train_s,
        "epochs": fit.epochs,
        "best_epoch": fit.best["epoch"],
        "predict_ms_per_clip": 1000 * predict_s_per_clip,
    }


def _means(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([run[name] for run in runs])) for name in runs[0]}
