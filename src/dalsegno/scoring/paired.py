"""Whether one model is better than another on the same clips: by how much, how surely, and how likely by chance.

All of it is about one number, the difference of the two accuracies, each a mean over its model's seeds and repeats: its
interval is a score interval for units of paired clips (difference.py), its p-value that of flipping the signs of the
units' sums of the same differences (sign_flips.py), and the clips that one model alone is right about are counted as they
enter it: a clip that two seeds of three call right counts two thirds. Dietterich (1998) compares tests of two trained
models.
"""

from typing import Any

import numpy as np
from jaxtyping import Int

from dalsegno.artefacts.model_name import SCRATCH, is_twin
from dalsegno.scoring import held_out
from dalsegno.scoring.held_out import Run, Scored
from dalsegno.scoring.intervals import Params
from dalsegno.scoring.statistics import difference, holm, sign_flips

Hits = tuple[Int[np.ndarray, " n_clips"], Int[np.ndarray, " n_clips"]]


def gains(s: Scored, models: dict[str, list[Run]], p: Params) -> dict[str, dict[str, Any]]:
    """The gain of each model that has a twin from scratch `over` that twin, by the model's name, and whether the two are
    `told_apart`: a comparison that was planned, so that its p-value is not corrected."""
    twins = {name: twin for name in models if is_twin(twin := name + SCRATCH) and twin in models}
    found = {name: {"over": twin} | gain(s, models[name], models[twin], p) for name, twin in twins.items()}
    apart = holm.told_apart(np.array([of["p_value"] for of in found.values()]), p.confidence)
    return {name: of | {"told_apart": sure} for (name, of), sure in zip(found.items(), apart.tolist(), strict=True)}


def gain(s: Scored, model: list[Run], other: list[Run], p: Params) -> dict[str, float | None]:
    """What `model` gains in accuracy over `other`: accuracy (the difference), low, high, p_value, right_alone, wrong_alone.

    The last two are numbers of clips, means over runs, that one of the two calls right, `model` or `other`; their
    difference as a share of the clips is the gain. The ends are None where there is a single unit, as nothing then says
    how much units differ.
    """
    return of_hits(held_out.hits(s.labels, model), held_out.hits(s.labels, other), s.units, p)


def of_hits(model: Hits, other: Hits, units: Int[np.ndarray, " n_clips"], p: Params) -> dict[str, float | None]:
    """`gain` from how many predictions of each clip are right, and of how many, of either model; units: of each clip."""
    return of_pairs([(model, other)], units, p)[0]


def of_pairs(
    pairs: list[tuple[Hits, Hits]], units: Int[np.ndarray, " n_clips"], p: Params
) -> list[dict[str, float | None]]:
    """`of_hits` of each pair of models."""
    samples = [
        difference.tally(right / n - other_right / other_n, n, units) for (right, n), (other_right, other_n) in pairs
    ]
    ends = difference.intervals(difference.together(samples), p.confidence) if pairs else []
    return [
        {
            "accuracy": float(sample.estimate[0]),
            "low": low,
            "high": high,
            "p_value": sign_flips.p_value(_sums(units, model, other), p.seed),
            "right_alone": float(sample.one.sum()),
            "wrong_alone": float(sample.other.sum()),
        }
        for (model, other), sample, (low, high) in zip(pairs, samples, ends, strict=True)
    ]


def _sums(units: np.ndarray, model: Hits, other: Hits) -> np.ndarray:
    """The difference of each unit (n_units,) in whole numbers of a size that does not matter; each model: hits, and of how many.

    Both models predicted the same clips equally often but for their numbers of seeds, by which their hits are weighed.
    """
    (right, n), (other_right, other_n) = model, other
    return np.rint(np.bincount(units, right * other_n.sum() - other_right * n.sum())).astype(np.int64)
