"""Score every model on the same clips: the one place where predictions become the numbers of compare.json."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from dalsegno.artefacts import leaks_json, model_name
from dalsegno.artefacts.learning import json_file
from dalsegno.pipeline.errors import UserError
from dalsegno.scoring import counted, held_out, intervals
from dalsegno.scoring.held_out import Run, Scored
from dalsegno.scoring.intervals import Params
from dalsegno.scoring.metrics import METRICS, Kind
from dalsegno.scoring.statistics import share

MEASURED = ("epochs", "best_epoch", "still_improving", "lr", "train_s", "predict_ms_per_clip", "peak_memory_mb",
            "peak_gpu_memory_mb")  # fmt: skip
"""Entries of cost.json of which no more than three digits are repeatable."""


def scores(s: Scored, models: dict[str, list[Run]], p: Params) -> dict[str, dict[str, float | None]]:
    """Each metric of each model, its mean over runs, with the ends of its interval: accuracy, accuracy_low, …

    A metric whose value is known of so few classes is left out. All models and metrics go through the same resamples, one block of them at a time.
    """
    n_units = int(s.units.max()) + 1
    runs = [(s.labels[run.clips], run.p, s.units[run.clips]) for of_model in models.values() for run in of_model]
    owner = np.repeat(np.arange(len(models)), [len(of_model) for of_model in models.values()])
    sums = counted.sums(runs, n_units)
    values = _over_runs(counted.scores(sums, np.ones((1, n_units), np.float32)), owner)[:, :, 0]
    blocks = [
        _over_runs(counted.scores(sums, times), owner) for times in intervals.resamples(n_units, p.resamples, p.seed)
    ]
    draws = np.concatenate(blocks, axis=2)
    right = accuracies("accuracy", s, models, p.confidence)
    return {name: of | _with_ends(s, of, values[i], draws[i], p) for i, (name, of) in enumerate(right.items())}


def _over_runs(
    by_run: Float[np.ndarray, "n_metrics n_runs n"], owner: Int[np.ndarray, " n_runs"]
) -> Float[np.ndarray, "n_models n_metrics n"]:
    """The mean of each model's runs that have a clip which counts; owner: the model of each run."""
    return np.stack([np.nanmean(by_run[:, owner == model], axis=1) for model in range(owner.max() + 1)])


def _with_ends(
    s: Scored,
    right: dict[str, float | None],
    values: Float[np.ndarray, " n_metrics"],
    draws: Float[np.ndarray, "n_metrics n"],
    p: Params,
) -> dict[str, float | None]:
    """The other metrics of one model than accuracy, of which `right` tells."""
    result, by_name = {}, dict(zip(METRICS, draws, strict=True))
    reference = _reference(s, right, by_name["accuracy"])
    for (name, drawn), value in zip(by_name.items(), values, strict=True):
        if name != "accuracy" and METRICS[name].known_up_to < len(s.classes):
            low, high = _ends(METRICS[name].kind, float(value), drawn, reference, s, p.confidence)
            result |= {name: float(value), f"{name}_low": low, f"{name}_high": high}
    return result


def accuracy(name: str, s: Scored, runs: list[Run], confidence: float) -> dict[str, float | None]:
    """The share of predictions that are right, with its interval, under `name`: <name>, <name>_low, <name>_high.

    Each row of a run is a prediction: a clip's, or a window's. The ends are None where there is a single unit.
    """
    return accuracies(name, s, {"": runs}, confidence)[""]


def accuracies(
    name: str, s: Scored, models: dict[str, list[Run]], confidence: float
) -> dict[str, dict[str, float | None]]:
    """`accuracy` of each model, all in one go."""
    hits = [held_out.hits(s.labels, runs) for runs in models.values()]
    shares = [share.tally(right / n, n, s.units) for right, n in hits]
    return {
        model: {name: float(of_model.estimate[0]), f"{name}_low": low, f"{name}_high": high}
        for model, of_model, (low, high) in zip(models, shares, share.intervals(shares, confidence), strict=True)
    }


def _reference(s: Scored, result: dict[str, float | None], draws: np.ndarray) -> intervals.Accuracy | None:
    """Accuracy as the intervals of the other metrics go by it; None where it has no interval."""
    value, low, high = (result[f"accuracy{end}"] for end in ("", "_low", "_high"))
    if value is None or low is None or high is None:
        return None
    return intervals.Accuracy(value, low, high, draws, intervals.class_clips(s.labels) / len(s.labels))


def _ends(
    kind: Kind, value: float, draws: np.ndarray, reference: intervals.Accuracy | None, s: Scored, confidence: float
) -> intervals.Ends:
    if reference is None or (kind == "mean over classes" and s.lone):
        return None, None
    n_units = int(s.units.max()) + 1
    if kind == "loss":
        return intervals.expanded_percentile(draws, n_units, confidence)
    if kind == "calibration":
        return intervals.of_calibration(value, draws, n_units, reference, confidence)
    return reference.like(kind, value, draws)


def confusion(s: Scored, runs: list[Run]) -> Int[np.ndarray, "n_classes n_classes"]:
    """The number of clips of an actual class (row) that were called so (column), summed over runs."""
    n = len(s.classes)
    pairs = np.concatenate([s.labels[run.clips] * n + run.p.argmax(1) for run in runs])
    return np.bincount(pairs, minlength=n * n).reshape(n, n)


def cost(path: Path) -> dict[str, Any]:
    """What a model cost, from cost.json if there is one; timings and memory to three digits, as no more of them is repeatable."""
    if not path.is_file():
        return {}
    known = json_file.read(path)
    counts = {
        name: round(known[name])
        for name in ("parameters", "trained_parameters", "max_epochs")
        if known.get(name) is not None
    }
    times = {name: float(f"{known[name]:.3g}") for name in MEASURED if known.get(name) is not None}
    if known.get("epochs") and known.get("best_epoch") is not None:
        times["converge_s"] = float(f"{known['train_s'] * (known['best_epoch'] + 1) / known['epochs']:.3g}")
    return counts | times | {name: known[name] for name in ("device", "dtype") if known.get(name)}


def known(path: Path, synthetic: bool) -> dict[str, list[str]]:
    """What a model's weights knew of the scored clips, from leaks.json if there is one: `leaks` and `notes`, if any.

    synthetic: the clips were synthesised here, so that no published collection can hold one.
    """
    said = leaks_json.read(path)
    notes = said.notes if synthetic else (*said.recordings, *said.notes)
    return {kind: list(sentences) for kind, sentences in (("leaks", said.leaks), ("notes", notes)) if sentences}


def folders(variants: dict[str, list[str]], runs_dir: str | Path) -> dict[str, Path]:
    """The folder of each model by name; `<name>-scratch` is the twin of a transfer entry.

    variants: keys of each family that params.yaml names, so that what an earlier run left on disk is not compared.
    Raises UserError if it names none.
    """
    if not any(variants.values()):
        raise UserError(f"params.yaml names no model to compare; add an entry to one of {', '.join(variants)}")
    by_name = {}
    for name in [f"{family}/{key}" for family, keys in variants.items() for key in keys]:
        by_name[name] = Path(runs_dir, name)
        twin = name + model_name.SCRATCH
        if model_name.is_twin(twin) and (control := model_name.folder(runs_dir, twin)).is_dir():
            by_name[twin] = control
    return by_name


def setting(
    s: Scored, models: dict[str, list[Run]], left_out: list[str], splits: dict, clips: dict, p: Params
) -> dict[str, Any]:
    """What was scored and how: `dataset`, `protocol` and `interval` of compare.json.

    models: the runs of each. left_out: models that predict none of the scored clips. splits, clips: their metrics.
    """
    n_due = np.bincount(s.rows["label"])
    return {
        "dataset": {
            "title": clips["title"],
            "synthetic": clips["synthetic"],
            "clips": clips["used"],
            "scored_clips": len(s.clips),
            "classes": len(s.classes),
            "most_frequent": {"class": s.classes[n_due.argmax()], "share": float(n_due.max() / n_due.sum())},
        },
        "protocol": {
            "name": splits["protocol"],
            "leaky": splits["leaky"],
            "part": s.part,
            "folds": s.rows["fold"].nunique() // s.repeats,
            "repeats": s.repeats,
            "seeds": max(len(runs) for runs in models.values()) // s.repeats,
            "predictions": len(s.rows),
            "not_shared": s.missing,
            "left_out": left_out,
            "caveats": splits["caveats"],
        },
        "interval": interval(s, p),
    }


def interval(s: Scored, p: Params) -> dict[str, Any]:
    """What intervals are over: `interval` of compare.json."""
    return {
        "confidence": p.confidence,
        "unit": "group" if s.grouped else "clip",
        "units": int(s.units.max()) + 1,
        "lone_classes": s.lone,
    }
