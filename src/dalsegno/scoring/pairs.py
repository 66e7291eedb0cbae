"""Every pair of models on the same clips: which is better, by how much, and which cannot be told apart."""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy import special

from dalsegno.scoring import held_out, paired
from dalsegno.scoring.held_out import Run, Scored
from dalsegno.scoring.intervals import Params
from dalsegno.scoring.statistics import cochran, holm, resampled_t
from dalsegno.scoring.statistics.letters import letters

COLUMNS = [
    "model", "other", "accuracy", "low", "high", "p_value", "p_holm", "visible", "right_alone", "wrong_alone",
    "p_resampled", "p_better", "p_equivalent", "p_worse",
]  # fmt: skip


def table(s: Scored, models: dict[str, list[Run]], predicted: dict[str, pd.DataFrame], p: Params) -> pd.DataFrame:
    """A row for each pair, COLUMNS: `model` is the more accurate one, and `accuracy` what it has more than `other`.

    p_holm: the p-value after Holm's correction over all pairs. visible: about the smallest difference that would be sure
    after a correction over so many pairs, were the models as often of two minds as they are. p_resampled and the three probabilities (resampled_t.py)
    are there for repeated cross-validation alone. predicted: the rows that `models` were made from.
    """
    ranked = sorted(models, key=lambda name: (-accuracy(s, models[name]), name))
    by_fold = {name: _by_fold(s, predicted[name]) for name in ranked} if s.repeats > 1 else {}
    hits, asked = {name: held_out.hits(s.labels, models[name]) for name in ranked}, list(combinations(ranked, 2))
    gains = paired.of_pairs([(hits[one], hits[other]) for one, other in asked], s.units, p)
    rows = [
        {"model": one, "other": other} | gain | (_over_folds(s, by_fold[one] - by_fold[other], p) if by_fold else {})
        for (one, other), gain in zip(asked, gains, strict=True)
    ]
    pairs = pd.DataFrame(rows, columns=COLUMNS)
    strict = special.ndtri(1 - (1 - p.confidence) / 2 / max(1, len(pairs))) / special.ndtri((1 + p.confidence) / 2)
    return pairs.assign(
        p_holm=holm.adjusted(pairs["p_value"].to_numpy(np.float64)),
        visible=(pairs["high"] - pairs["low"]).astype(float) / 2 * strict,
    ).round(6)


def summary(s: Scored, models: dict[str, list[Run]], pairs: pd.DataFrame, p: Params) -> dict[str, Any]:
    """What the pairs say of `models` together: Cochran's Q, their letters, and which of them may be the best.

    pairs: those of all models, over which their p-values were corrected.
    """
    ranked = sorted(models, key=lambda name: (-accuracy(s, models[name]), name))
    shown = letters(ranked, [pair for pair in told_apart(pairs, p) if set(pair) <= set(models)])
    q, p_value = cochran.q(np.array([_sums(s, runs) for runs in models.values()])) if len(models) > 1 else (0.0, 1.0)
    best = [name for name in ranked if set(shown[name]) & set(shown[ranked[0]])]
    return {"pairs": len(pairs), "cochran_q": q, "p_value": p_value, "best": best, "letters": shown}


def told_apart(pairs: pd.DataFrame, p: Params) -> list[tuple[str, str]]:
    """The pairs whose difference is not left to chance after Holm's correction."""
    sure = pairs[pairs["p_holm"] < 1 - p.confidence]
    return list(zip(sure["model"], sure["other"], strict=True))


def accuracy(s: Scored, runs: list[Run]) -> float:
    """Share of a model's predictions that are right."""
    right, n = held_out.hits(s.labels, runs)
    return float(right.sum() / n.sum())


def _sums(s: Scored, runs: list[Run]) -> Float[np.ndarray, " n_units"]:
    """What a model gets right in each unit: means over its runs, summed over clips."""
    right, n = held_out.hits(s.labels, runs)
    return np.bincount(s.units, right / n)


def _by_fold(s: Scored, predicted: pd.DataFrame) -> Float[np.ndarray, " n_folds"]:
    """A model's accuracy in each fold, its mean over seeds."""
    rows = s.rows.merge(predicted, on=["clip_id", "fold"])
    right = rows[[f"p_{c}" for c in s.classes]].to_numpy().argmax(1) == rows["label"]
    return right.groupby(rows["fold"]).mean().to_numpy(np.float64)


def _over_folds(s: Scored, differences: Float[np.ndarray, " n_folds"], p: Params) -> dict[str, float]:
    judged = resampled_t.test(differences, tested=s.repeats / s.rows["fold"].nunique(), margin=p.margin)
    return {
        "p_resampled": judged.p_value,
        "p_better": judged.better,
        "p_equivalent": judged.equivalent,
        "p_worse": judged.worse,
    }
