"""How far the clips of one unit stand or fall together, and what that takes from the evidence.

A model that is right about one clip of an artist is likely to be right about the next. If two clips of a unit are
correlated by r, a share of n clips in units of m varies as one of n / (1 + (m - 1) r) independent clips would: the design
effect (Kish 1965). The correlation is not known, and its plain estimate fails where it matters: a model that errs on few
artists shows too few errors to tell whether they cluster. So it is not estimated but averaged over: each value counts by
how well it explains the numbers of hits per unit under a beta-binomial law (Williams 1975) at the share that is being
tried, times a prior (an integrated likelihood, Berger, Liseo & Wolpert 1999). The prior, Beta(1/4, 1/2), has half its
mass below 0.17 and a fifth below 0.005: clips may well be independent, and anything else is possible too.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import betainc, gammaln

CORRELATIONS = np.array([1e-6, 0.01, 0.025, 0.05, 0.08, 0.12, 0.16, 0.2, 0.26, 0.32, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
_BETWEEN = (CORRELATIONS[1:] + CORRELATIONS[:-1]) / 2
_SCALE = 1 / CORRELATIONS - 1
_LOG_PRIOR = np.log(np.diff(betainc(0.25, 0.5, [0, *_BETWEEN, 1])))


class Sizes(NamedTuple):
    """What the weights of clips and units come to, in each of several samples.

    n: clips that a mean with these weights is worth if clips are independent; n_clips where they weigh alike.
    per_unit: clips that a unit is worth, by which a correlation multiplies; 1 where each unit is one clip.
    """

    n: Float[np.ndarray, " n_samples"]
    per_unit: Float[np.ndarray, " n_samples"]


def sizes(weights: Float[np.ndarray, " n_clips"], of_units: Float[np.ndarray, " n_units"]) -> Sizes:
    """Sizes of one sample from the weights of its clips and their sums by unit."""
    squares = (weights**2).sum(keepdims=True)
    return Sizes(weights.sum(keepdims=True) ** 2 / squares, (of_units**2).sum(keepdims=True) / squares)


def together(samples: Iterable[Sizes]) -> Sizes:
    """The sizes of all samples."""
    return Sizes(*map(np.concatenate, zip(*samples, strict=True)))


class Hits:
    """How well each of CORRELATIONS explains the successes among the trials of units, whatever the share is taken to be.

    successes, trials: of each unit (n_samples, n_units). They need not be whole: a success may be worth half a one.
    """

    def __init__(
        self, successes: Float[np.ndarray, "n_samples n_units"], trials: Float[np.ndarray, "n_samples n_units"]
    ) -> None:
        self._right, self._wrong = _Rising(successes), _Rising(np.maximum(trials - successes, 0))
        self._all = _Rising(trials)(_SCALE)

    def posterior(self, share: Float[np.ndarray, "*tried n_samples"]) -> Float[np.ndarray, "*tried n_samples n"]:
        """Weight of each of CORRELATIONS. share: probability of a success, in [0, 1], one or several for each sample."""
        share = np.clip(share, 1e-9, 1 - 1e-9)[..., None]
        log_p = _LOG_PRIOR + self._right(share * _SCALE) + self._wrong((1 - share) * _SCALE) - self._all
        p = np.exp(log_p - log_p.max(-1, keepdims=True))
        return p / p.sum(-1, keepdims=True)


class _Rising:
    """The sum over units of the log of start (start + 1) … (start + k - 1), k (n_samples, n_units) being that of each unit.

    Units mostly have few whole numbers of hits and clips, and the function is dear: it is computed once for each number,
    and counts as often as units have it.
    """

    def __init__(self, k: Float[np.ndarray, "n_samples n_units"]) -> None:
        values, at = np.unique(k, return_inverse=True)
        if len(values) > k.shape[1]:
            self._values, self._times = k, np.ones_like(k)
        else:
            at = at.reshape(k.shape) + len(values) * np.arange(len(k))[:, None]
            self._times = np.bincount(at.ravel(), minlength=len(k) * len(values)).reshape(len(k), -1).astype(float)
            self._values = values[None]

    def __call__(self, start: Float[np.ndarray, "*tried n"]) -> Float[np.ndarray, "*tried_samples n"]:
        start = start[..., None, :]
        rising = gammaln(self._values[..., None] + start) - gammaln(start)
        return (self._times[:, None] @ rising)[..., 0, :]
