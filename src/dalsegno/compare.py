"""Score every model on the same test clips: the one place where a prediction becomes a figure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field

from dalsegno import folds, pieces, predictions, stats
from dalsegno.metrics import METRICS
from dalsegno.params import UserError, section


@section
class Params:
    """`compare:` in params.yaml."""

    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95  # of the intervals
    resamples: Annotated[int, Field(ge=200)] = 2000  # of the bootstrap
    seed: Annotated[int, Field(ge=0)] = 0  # of the bootstrap; the same resamples serve every model


@dataclass(frozen=True)
class Scored:
    """The clips that all models are scored on.

    part: "test", or "valid" where the splits have no test clip. rows: clip_id, fold, label, unit, repeat, a row for each
    time a clip is predicted; labels and units are indices. missing: rows that some model did not predict.
    """

    part: str
    classes: list[str]
    rows: pd.DataFrame
    grouped: bool
    missing: int = 0

    @property
    def clips(self) -> pd.DataFrame:
        """Each clip once, by clip_id: label and unit."""
        return self.rows.drop_duplicates("clip_id").set_index("clip_id").sort_index()


@dataclass(frozen=True)
class Run:
    """One seed in one repeat: its clips (n,) by place in `Scored.clips`, and probabilities (n, n_classes)."""

    clips: np.ndarray
    p: np.ndarray


def scored(splits: pd.DataFrame) -> Scored:
    """What a model must predict to be scored. Raises UserError where the splits hold out nothing at all."""
    classes = folds.classes(splits)
    parts = {part: _held_out(splits, part) for part in ("test", "valid")}
    part = next((part for part, rows in parts.items() if len(rows)), None)
    if part is None:
        raise UserError("data/splits.csv has neither a test nor a validation clip to score; see splits in params.yaml")
    rows = parts[part].sort_values(["fold", "clip_id"], ignore_index=True)
    grouped = bool((rows["group"] != "").any())
    owner = rows["group"].where(rows["group"] != "", "\0" + rows["clip_id"].map(pieces.clip_of))  # else it stands alone
    rows["unit"] = pd.factorize(owner, sort=True)[0]
    rows["label"] = rows["label"].map(classes.index)
    rows["repeat"] = rows.groupby("clip_id").cumcount()  # with repeats, each clip is tested once a repeat
    return Scored(part, classes, rows.drop(columns="group"), grouped)


def predicted(name: str, path: Path, s: Scored) -> pd.DataFrame:
    """A model's rows of the scored clips: clip_id, fold, seed and the probability of each class in order.

    Raises UserError if they are missing, or were made under another split than the one at hand.
    """
    if not path.is_file():
        raise UserError(f"{name}: params.yaml names this model, but there is no {path}; run dvc repro to train it")
    rows = predictions.read(path)
    if sorted(predictions.classes(rows)) != s.classes:
        raise UserError(f"{name}: {path} is about the classes {predictions.classes(rows)}, data/splits.csv {s.classes}")
    if rows.duplicated(["clip_id", "fold", "seed"]).any():
        raise UserError(f"{name}: {path} predicts a clip twice in one fold and seed")
    rows = rows.merge(s.rows[["clip_id", "fold"]], on=["clip_id", "fold"])
    if (rows["split"] != s.part).any():
        clip = rows.loc[rows["split"] != s.part, "clip_id"].iloc[0]
        raise UserError(f"{name}: {path} was made under another split: clip {clip} is now in {s.part}; run dvc repro")
    return rows[["clip_id", "fold", "seed", *(f"p_{c}" for c in s.classes)]]


def shared(s: Scored, tables: Iterable[pd.DataFrame]) -> Scored:
    """`s` cut to the rows that every model predicted with each of its seeds. Raises UserError if that leaves none."""
    rows = s.rows
    for table in tables:
        times = table.groupby(["clip_id", "fold"]).size()
        whole = times[times == table["seed"].nunique()].reset_index()[["clip_id", "fold"]]
        rows = rows.merge(whole, on=["clip_id", "fold"])
    if rows.empty:
        raise UserError(f"there is no {s.part} clip that every model predicted; see the models in params.yaml")
    missing = len(s.rows) - len(rows)
    rows = rows.assign(unit=pd.factorize(rows["unit"], sort=True)[0]).sort_values(["fold", "clip_id"])
    return Scored(s.part, s.classes, rows.reset_index(drop=True), s.grouped, missing)


def runs(s: Scored, table: pd.DataFrame) -> list[Run]:
    """A run for each seed and repeat, folds of one repeat pooled (Forman & Scholz 2010), in order of seed."""
    place = pd.Series(range(len(s.clips)), index=s.clips.index)
    rows = s.rows.merge(table, on=["clip_id", "fold"]).sort_values(["seed", "repeat", "clip_id"])
    columns = [f"p_{c}" for c in s.classes]
    return [
        Run(place[run["clip_id"]].to_numpy(), run[columns].to_numpy()) for _, run in rows.groupby(["seed", "repeat"])
    ]


def figures(s: Scored, model: list[Run], p: Params) -> dict[str, float | None]:
    """Each metric, its mean over runs, with the ends of its interval: accuracy, accuracy_low, accuracy_high, …"""
    labels, units = s.clips["label"].to_numpy(), s.clips["unit"].to_numpy()
    draws = {name: [] for name in METRICS}
    for counts in stats.resamples(units, p.resamples, p.seed):
        for name, block in _scores(labels, model, counts).items():
            draws[name].append(block)
    found = {}
    for name, figure in _scores(labels, model, np.ones((1, len(labels)))).items():
        low, high = stats.interval(
            METRICS[name], float(figure[0]), np.concatenate(draws[name]), labels, units.max() + 1, p.confidence
        )
        found |= {name: float(figure[0]), f"{name}_low": low, f"{name}_high": high}
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
    """Where the predictions and curves of each model lie, by name; `<name>-scratch` is the control of a transfer entry.

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
            found[f"{name}-scratch"] = control, Path(runs_dir, name, "control_metrics")
    return found


def setting(s: Scored, models: dict[str, list[Run]], splits: dict, clips: dict, p: Params) -> dict[str, dict]:
    """What was scored and how: `dataset`, `protocol` and `interval` of compare.json. splits, clips: their metrics."""
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
    }
    unit = {"unit": "group" if s.grouped else "clip", "units": int(s.clips["unit"].max()) + 1}
    return {"dataset": dataset, "protocol": protocol, "interval": {"confidence": p.confidence} | unit}


def _held_out(splits: pd.DataFrame, part: str) -> pd.DataFrame:
    labelled = splits[splits["label"] != ""]
    each = [
        labelled.loc[labelled[f"fold{k}"] == part, ["clip_id", "label", "group"]].assign(fold=k)
        for k in folds.numbers(splits)
    ]
    return pd.concat(each, ignore_index=True)


def _scores(labels: np.ndarray, model: list[Run], counts: np.ndarray) -> dict[str, np.ndarray]:
    """Each metric on each row of `counts`, its mean over the runs that have a clip which counts there."""
    with np.errstate(invalid="ignore"):
        return {
            name: np.nanmean([m.score(labels[run.clips], run.p, counts[:, run.clips]) for run in model], axis=0)
            for name, m in METRICS.items()
        }
