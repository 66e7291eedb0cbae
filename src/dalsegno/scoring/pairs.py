"""Every pair of models on the same clips: which is better, by how much, and which cannot be told apart."""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy import special

from dalsegno.pipeline.errors import UserError, hint
from dalsegno.scoring import gathered, held_out, paired
from dalsegno.scoring.held_out import Run, Scored
from dalsegno.scoring.intervals import Params
from dalsegno.scoring.statistics import cochran, holm, resampled_t, sign_flips
from dalsegno.scoring.statistics.letters import letters

COLUMNS = [
    "model", "other", "accuracy", "low", "high", "p_value", "p_holm", "told_apart", "visible", "right_alone",
    "wrong_alone", "p_resampled", "p_better", "p_equivalent", "p_worse",
]  # fmt: skip


def table(s: Scored, models: dict[str, list[Run]], predicted: dict[str, pd.DataFrame], p: Params) -> pd.DataFrame:
    """A row for each pair that is asked about, COLUMNS: `model` is the more accurate one, `accuracy` what it has more.

    p_holm: the p-value after Holm's correction over these pairs; told_apart: whether that rules out
    chance. visible: about the smallest difference that would be sure after a correction over so many pairs, were the models
    as often of two minds as they are, and no smaller than one that was left to chance; empty where there are too few units
    for any. p_resampled and the three probabilities (resampled_t.py) are there for repeated cross-validation alone. predicted:
    the rows that `models` were made from. Raises UserError if `p.pairs` names a model that there is not.
    """
    ranked = gathered.ranked(s, models)
    resampled = 1 < s.repeats < s.rows["fold"].nunique()  # else every fold has the same clips
    by_fold = {name: _by_fold(s, predicted[name]) for name in ranked} if resampled else {}
    hits, both = {name: held_out.hits(s.labels, models[name]) for name in ranked}, asked(ranked, p)
    gains = paired.of_pairs([(hits[one], hits[other]) for one, other in both], s.units, p)
    rows = [
        {"model": one, "other": other} | gain | (_over_folds(s, by_fold[one] - by_fold[other], p) if by_fold else {})
        for (one, other), gain in zip(both, gains, strict=True)
    ]
    pairs = pd.DataFrame(rows, columns=COLUMNS)
    p_holm = holm.adjusted(pairs["p_value"].to_numpy(np.float64))
    pairs = pairs.assign(p_holm=p_holm, told_apart=holm.told_apart(p_holm, p.confidence))
    return pairs.assign(visible=_visible(pairs, s, max(int(n.sum()) for _, n in hits.values()), p)).round(6)


def _visible(pairs: pd.DataFrame, s: Scored, n_predictions: int, p: Params) -> Float[np.ndarray, " n_pairs"]:
    """`visible` of each pair: at least a prediction in each of as many units as a p-value needs, and no more than all."""
    least = sign_flips.least_units(max(1, len(pairs)), p.confidence)
    if least > s.units.max() + 1:
        return np.full(len(pairs), np.nan)
    half = (pairs["high"] - pairs["low"]).to_numpy(np.float64) / 2
    tails = (1 - p.confidence) / 2 / np.array([max(1, len(pairs)), 1])
    corrected, single = special.stdtrit(s.units.max(), 1 - tails)
    unseen = np.where(pairs["told_apart"], 0, pairs["accuracy"]).astype(np.float64)
    return np.clip(half * corrected / single, np.maximum(unseen, least / n_predictions), 1)


def summary(s: Scored, models: dict[str, list[Run]], pairs: pd.DataFrame, p: Params) -> dict[str, Any]:
    """What the pairs say of `models` together: Cochran's Q, their letters, and which of them may be the best.

    pairs: those of all models, over which their p-values were corrected. Letters need every pair: where some were not
    asked about, there are none, and `best` is the most accurate model.
    """
    ranked = gathered.ranked(s, models)
    sure = pairs[pairs["told_apart"].astype(bool)]
    apart = [
        (one, other) for one, other in zip(sure["model"], sure["other"], strict=True) if {one, other} <= set(models)
    ]
    shown = letters(ranked, apart) if p.pairs is None else {}
    q, p_value = cochran.q(np.array([_sums(s, runs) for runs in models.values()])) if len(models) > 1 else (0.0, 1.0)
    best = [name for name in ranked if (ranked[0], name) not in apart] if shown else ranked[:1]
    return {
        "models": len(models), "pairs": len(pairs), "cochran_q": q, "p_value": p_value, "best": best, "letters": shown,
    }  # fmt: skip


def asked(names: list[str], p: Params) -> list[tuple[str, str]]:
    """The pairs to ask about, each in the order of `names`. Raises UserError for one that is not a pair of two of them."""
    if p.pairs is None:
        return list(combinations(names, 2))
    for i, pair in enumerate(p.pairs):
        for name in pair:
            if name not in names:
                raise UserError(f"params.yaml: compare.pairs: there is no model {name!r}{hint(name, names)}")
        if pair[0] == pair[1] or {*pair} in [{*earlier} for earlier in p.pairs[:i]]:
            raise UserError(
                f"params.yaml: compare.pairs: {' and '.join(pair)} are one model, or a pair that stands there twice"
            )
    return [(one, other) for one, other in combinations(names, 2) if {one, other} in [{*pair} for pair in p.pairs]]


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
    n = len(differences)
    return resampled_t.test(differences, tested=s.repeats / n, margin=p.margin, n_tested=len(s.rows) / n)
