"""Score every model on the same clips: the one place where a prediction becomes a figure."""

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.params import section
from dalsegno.scoring import held_out, intervals
from dalsegno.scoring.held_out import Run, Scored
from dalsegno.scoring.metrics import METRICS

SCRATCH = "-scratch"  # ends the name of a transfer entry's twin


@section
class Params:
    """`compare:` in params.yaml."""

    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95  # of the intervals
    resamples: Annotated[int, Field(ge=200)] = 2000  # of the bootstrap
    seed: Annotated[int, Field(ge=0)] = 0  # of the bootstrap; the same resamples serve every model


def figures(s: Scored, model: list[Run], p: Params) -> dict[str, float | None]:
    """Each metric, its mean over runs, with the ends of its interval: accuracy, accuracy_low, accuracy_high, …"""
    labels, units = s.clips["label"].to_numpy(), s.clips["unit"].to_numpy()
    draws = {name: [] for name in METRICS}
    for counts in intervals.resamples(units, p.resamples, p.seed):
        for name, m in METRICS.items():
            draws[name].append(held_out.over_runs(m.score, labels, model, counts))
    found = {}
    for name, m in METRICS.items():
        figure = float(held_out.over_runs(m.score, labels, model, np.ones((1, len(labels))))[0])
        low, high = intervals.interval(m, figure, np.concatenate(draws[name]), labels, units.max() + 1, p.confidence)
        found |= {name: figure, f"{name}_low": low, f"{name}_high": high}
    return found


def confusion(s: Scored, model: list[Run]) -> np.ndarray:
    """Clips (n_classes, n_classes) of an actual class (row) that were called so (column), summed over runs."""
    labels, n = s.clips["label"].to_numpy(), len(s.classes)
    pairs = np.concatenate([labels[run.clips] * n + run.p.argmax(1) for run in model])
    return np.bincount(pairs, minlength=n * n).reshape(n, n)


def cost(path: Path) -> dict[str, Any]:
    """What a model cost, from cost.json if there is one; timings to three digits, as no more of them is repeatable."""
    if not path.is_file():
        return {}
    known = json.loads(path.read_text())
    counts = {name: round(known[name]) for name in ("parameters",) if known.get(name) is not None}
    times = {
        name: float(f"{known[name]:.3g}")
        for name in ("epochs", "best_epoch", "train_s", "predict_ms_per_clip")
        if known.get(name) is not None
    }
    return counts | times | ({"device": known["device"]} if known.get("device") else {})


def folders(
    variants: dict[str, list[str]], runs_dir: str | Path, metrics_dir: str | Path
) -> dict[str, tuple[Path, Path]]:
    """Where the predictions and curves of each model lie, by name; `<name>-scratch` is the twin of a transfer entry.

    variants: keys of each family that params.yaml names, so that what an earlier run left on disk is not compared.
    Raises UserError if it names none.
    """
    if not any(variants.values()):
        raise UserError(f"params.yaml names no model to compare; add an entry to one of {', '.join(variants)}")
    found = {}
    for name in [f"{family}/{key}" for family, keys in variants.items() for key in keys]:
        found[name] = Path(runs_dir, name), Path(metrics_dir, name)
        control = Path(runs_dir, name, "control")
        if control.is_dir():
            found[name + SCRATCH] = control, Path(runs_dir, name, "control_metrics")
    return found


def setting(
    s: Scored, models: dict[str, list[Run]], left_out: list[str], splits: dict, clips: dict, p: Params
) -> dict[str, dict]:
    """What was scored and how: `dataset`, `protocol` and `interval` of compare.json.

    left_out: models that predict none of the scored clips. splits, clips: their metrics.
    """
    dataset = {
        "title": clips["title"],
        "synthetic": clips["synthetic"],
        "clips": clips["used"],
        "scored_clips": len(s.clips),
        "classes": len(s.classes),
    }
    repeats = int(s.rows["repeat"].max()) + 1
    protocol = {
        "name": splits["protocol"],
        "leaky": splits["leaky"],
        "part": s.part,
        "folds": s.rows["fold"].nunique() // repeats,
        "repeats": repeats,
        "seeds": max(len(model) for model in models.values()) // repeats,
        "not_shared": s.missing,
        "left_out": left_out,
    }
    unit = {"unit": "group" if s.grouped else "clip", "units": int(s.clips["unit"].max()) + 1}
    return {"dataset": dataset, "protocol": protocol, "interval": {"confidence": p.confidence} | unit}
