"""Every fold and seed of one model: train it, predict every clip, and keep what came of it."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from dvclive.live import Live
from jaxtyping import Float

from dalsegno.artefacts import model_name, settings_json
from dalsegno.artefacts.learning import calibration, curves_csv, json_file, layers_csv, model_pt, predictions_parquet
from dalsegno.pipeline import files, progress
from dalsegno.pipeline.errors import counted
from dalsegno.training import precision, predict, together, train
from dalsegno.training.job import Built, Job, Run
from dalsegno.training.trained import enough_memory, trained


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

    description: what model.pt says of the model besides its weights, plain data: `entry`, its entry in params.yaml with
    every default, and more. An error leaves nothing of the run behind. Raises UserError if a part cannot be trained on.
    """
    runs = job.runs()
    _compare_sizes(runs, job.train.batch_size)
    clock = progress.Runs(len(runs), job.train.epochs)
    try:
        with files.atomic(run_dir) as draft:
            draft.mkdir()
            metrics_dir = files.kept(metrics_dir, draft)
            live = Live(str(metrics_dir), dvcyaml=None, save_dvc_exp=False, report=None)
            segments_of_all = predictions_parquet.Segments(draft / "segments.parquet")
            with live, segments_of_all as segments, together.joined(job.device):
                results = [_carry_out(run, live, segments, clock) for run in runs]
            _write(draft, job, description, results)
            comparable = job.train.minimises_log_loss and not job.augmentation.mixup_alpha
            curves_csv.write(draft / "curves.csv", metrics_dir, losses_comparable=comparable)
            best = _means([result.best for result in results])
            json_file.write(Path(metrics_dir, "metrics.json"), {"best_epoch": best.pop("epoch")} | best)
    except BaseException:
        shutil.rmtree(metrics_dir, ignore_errors=True)
        raise


def _compare_sizes(runs: list[Run], batch_size: int) -> None:
    """Say so if a batch would hold more examples than there are to train on, as it then holds them all."""
    fewest = min(len(run.source.examples(run.train_ids)[0]) for run in runs)
    if batch_size > fewest:
        progress.say(
            f"train.batch_size is {batch_size:,}, but there are {counted(fewest, 'training example')}, so an epoch is one step; "
            "lower it"
        )


def _write(folder: Path, job: Job, description: dict[str, Any], results: list[Result]) -> None:
    """model.pt, predictions.parquet, layers.csv of the first run, and cost.json, whose numbers are means over the runs."""
    checkpoints = [result.checkpoint for result in results]
    made_on = precision.made_on(job.device, job.dtype)
    stored = {"format": model_name.FORMAT} | description | {"labels": job.classes, "runs": checkpoints}
    model_pt.save(folder / "model.pt", stored | {"made_on": made_on})
    predictions_parquet.write(folder / "predictions.parquet", [result.predictions for result in results])
    layers_csv.write(folder / "layers.csv", results[0].layers)
    settings_json.write(folder, description["entry"], description.get("settings"), description.get("spectrogram"))
    cost = _means([result.cost for result in results])
    asked = {"max_epochs": job.train.epochs, "lr": job.train.lr}
    json_file.write(
        folder / "cost.json",
        cost | precision.peak_memory_mb(job.device) | asked | made_on | precision.machine(job.device),
    )


def _carry_out(run: Run, live: Live, segments: predictions_parquet.Segments, clock: progress.Runs) -> Result:
    """Train and predict every clip; windows go to `segments` at once."""
    job, ids = run.job, run.job.source.clip_ids
    built, fit, train_s = trained(run, _logger(run, live, clock))
    with enough_memory(run):
        began = time.perf_counter()
        p, owners = predict.windows(built.model, run.source, ids)
        predict_s = time.perf_counter() - began
        layers = layers_csv.table(built.model, run.source.longest()[:1], built.n_before or 0)
    clock.end(fit.epochs)
    if fit.still_improving:
        progress.say(
            f"fold {run.fold}  seed {run.seed}  ran out of epochs while {job.train.monitor} was still improving, best at epoch "
            f"{fit.best['epoch'] + 1} of {job.train.epochs}; train.epochs can be raised"
        )
    segments.add(predictions_parquet.frame(job.splits, run.fold, run.seed, owners, p, job.classes))
    p = predict.voted(p, owners, ids, job.vote)
    return Result(
        checkpoint=checkpoint(run, built, _temperature(run, p), int(fit.best["epoch"])),
        predictions=predictions_parquet.frame(job.splits, run.fold, run.seed, ids, p, job.classes),
        cost=_cost(built, fit, train_s, predict_s / len(ids)),
        best=fit.best,
        layers=layers,
    )


def checkpoint(run: Run, built: Built, temperature: float, best_epoch: int) -> dict[str, Any]:
    """The entry of a run in model.pt: its weights, after the epoch `best_epoch` from 0, and what is to be known of them."""
    about = {"fold": run.fold, "seed": run.seed, "input_shape": list(run.source.input_shape)}
    about |= {"temperature": temperature, "best_epoch": best_epoch, "clips": run.clips(built.inherited)}
    state = built.model.state_dict()
    return about | {"state": {name: value.detach().cpu().clone() for name, value in state.items()}}


def _temperature(run: Run, p: Float[np.ndarray, "clip label"]) -> float:
    """The temperature that suits the validation clips; p: probabilities of all clips of the source."""
    valid = pd.Index(run.job.source.clip_ids).get_indexer(run.valid_ids)
    return calibration.temperature_from(p[valid], run.job.labels(run.valid_ids).numpy())


def _logger(run: Run, live: Live, clock: progress.Runs) -> Callable[[train.Metrics], None]:
    """A function that logs the metrics of an epoch to DVCLive, and prints the foremost and how long training will go on."""
    asked = [f"{part}_{name}" for name in run.job.train.curves for part in ("train", "val")]
    printed = dict.fromkeys(["train_loss", "val_loss", "train_accuracy", "val_accuracy", run.job.train.monitor])

    def log(metrics: train.Metrics) -> None:
        live.step = int(metrics["epoch"])
        for name in dict.fromkeys([*curves_csv.CURVES, *asked]):
            live.log_metric(f"{name}/fold{run.fold}_seed{run.seed}", round(metrics[name], 6))
        line = "  ".join(f"{name} {metrics[name]:8.4f}" for name in printed)
        n = int(metrics["epoch"]) + 1
        which = f"{clock}  fold {run.fold}  seed {run.seed}  epoch {n:>3}/{run.job.train.epochs}"
        progress.say(f"{which}  {line}  {clock.left(n)}")

    return log


def _cost(built: Built, fit: train.Fit, train_s: float, predict_s_per_clip: float) -> dict[str, int | float]:
    """Number of weights, all and those that learnt, seconds, epochs trained, whether they were too few, and milliseconds of prediction per clip."""
    weights = list(built.model.parameters())
    known = {} if built.n_before is None else {"parameters": sum(w.numel() for w in weights) + built.n_before}
    return known | {
        "trained_parameters": sum(w.numel() for w in weights if w.requires_grad),
        "train_s": train_s,
        "epochs": fit.epochs,
        "best_epoch": fit.best["epoch"],
        "still_improving": fit.still_improving,
        "predict_ms_per_clip": 1000 * predict_s_per_clip,
    }


def _means(rows: list[dict[str, int | float]]) -> dict[str, float]:
    """The mean of each entry over dictionaries with the same keys."""
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
