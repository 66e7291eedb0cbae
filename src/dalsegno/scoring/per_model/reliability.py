"""Whether a model is as sure as it is right: reliability by bin, before and after temperature scaling, and abstention.

The temperature of each fold and seed is fitted on the validation part of that fold, never on scored clips; where the scored
clips are the validation part, or a model did not predict it, there is none.
"""

import numpy as np
import pandas as pd
from jaxtyping import Float

from dalsegno.artefacts.learning import calibration
from dalsegno.scoring import counted
from dalsegno.scoring.held_out import Run, Scored
from dalsegno.scoring.metrics import METRICS, N_BINS, bins, confidence

STEPS = np.arange(1, 21) / 20  # the shares of clips that a model may answer for
SCALED = ["calibration_error", "log_loss"]
Temperatures = dict[tuple[int, int], float]


def temperatures(valid: pd.DataFrame, classes: list[str]) -> Temperatures:
    """The temperature of each fold and seed. valid: label, fold, seed and probabilities of validation clips."""
    p, folds, seeds = (valid[of].to_numpy() for of in ([f"p_{c}" for c in classes], "fold", "seed"))
    labels = valid["label"].map({c: i for i, c in enumerate(classes)}).to_numpy()
    each = sorted({*zip(folds.tolist(), seeds.tolist(), strict=True)})
    rows = {(fold, seed): (folds == fold) & (seeds == seed) for fold, seed in each}
    return {run: calibration.temperature_from(p[of_run], labels[of_run]) for run, of_run in rows.items()}


def scaled(table: pd.DataFrame, by_run: Temperatures) -> pd.DataFrame | None:
    """The same predictions at the temperatures of their runs; None if a run has none. table: as of `held_out.predicted`."""
    of_rows = [by_run.get(run) for run in zip(table["fold"].tolist(), table["seed"].tolist(), strict=True)]
    if None in of_rows:
        return None
    columns = [c for c in table if c.startswith("p_")]
    p = calibration.scaled(table[columns].to_numpy(), np.array(of_rows)[:, None])
    return pd.concat([table.drop(columns=columns), pd.DataFrame(p, table.index, columns)], axis=1)


def scores(s: Scored, runs: list[Run], by_run: Temperatures) -> dict[str, float]:
    """calibration_error_scaled and log_loss_scaled of runs at these temperatures, and `temperature`, their mean."""
    n_units = int(s.units.max()) + 1
    sums = counted.sums([(s.labels[run.clips], run.p, s.units[run.clips]) for run in runs], n_units)
    values = counted.scores(sums, np.ones((1, n_units), np.float32)).mean((1, 2))
    by_name = dict(zip(METRICS, values.tolist(), strict=True))
    return {"temperature": float(np.mean(list(by_run.values())))} | {f"{m}_scaled": by_name[m] for m in SCALED}


def bin_rows(name: str, s: Scored, runs: list[Run], is_scaled: bool) -> pd.DataFrame:
    """model, scaled, bin, clips, confidence, accuracy: for each bin that holds a prediction, how many, their mean confidence, and the share that is right."""
    labels = np.concatenate([s.labels[run.clips] for run in runs])
    p = np.concatenate([run.p for run in runs])
    at, sure, right = bins(p), confidence(p), p.argmax(1) == labels
    n = np.bincount(at, minlength=N_BINS)
    rows = pd.DataFrame(
        {
            "model": name,
            "scaled": is_scaled,
            "bin": np.arange(N_BINS) / N_BINS,
            "clips": n,
            "confidence": (np.bincount(at, sure, N_BINS) / np.maximum(n, 1)).round(4),
            "accuracy": (np.bincount(at, right, N_BINS) / np.maximum(n, 1)).round(4),
        }
    )
    return rows[rows["clips"] > 0]


def coverage_rows(name: str, s: Scored, runs: list[Run]) -> pd.DataFrame:
    """model, coverage, accuracy: of the share of clips that the model is surest of, how many are right; means over runs."""
    accuracy = np.mean([_of_surest(run, s) for run in runs], axis=0)
    return pd.DataFrame({"model": name, "coverage": STEPS, "accuracy": accuracy.round(4)})


def _of_surest(run: Run, s: Scored) -> Float[np.ndarray, " n_steps"]:
    """The accuracy at each of STEPS; clips of the same confidence count as their mean, since nothing orders them."""
    right, sure = run.p.argmax(1) == s.labels[run.clips], confidence(run.p)
    _, level = np.unique(-sure, return_inverse=True)
    alike = np.bincount(level, right) / np.bincount(level)
    order = np.argsort(-sure, kind="stable")
    n = np.ceil(STEPS * len(sure) - 1e-9).astype(int)
    return np.cumsum(alike[level[order]])[n - 1] / n
