"""How far the clips of one unit stand or fall together, and what that takes from the evidence.

A model that is right about one clip of an artist is likely to be right about the next. If two clips of a unit are
correlated by r, a share of n clips in units of m varies as one of n / (1 + (m - 1) r) independent clips would: the design
effect (Kish 1965). The correlation is not known, and its plain estimate fails where it matters: a model that errs on few
artists shows too few errors to tell whether they cluster. So it is not estimated but averaged over: each value counts by
how well it explains the numbers of hits per unit under a beta-binomial law (Williams 1975) at the share that is being
tried, times a prior (an integrated likelihood, Berger, Liseo & Wolpert 1999). The prior, Beta(1/4, 1/2), has half its
mass below 0.17 and a fifth below 0.005: clips may well be independent, and anything else is possible too.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import betainc, gammaln

CORRELATIONS = np.array([1e-6, 0.01, 0.025, 0.05, 0.08, 0.12, 0.16, 0.2, 0.26, 0.32, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
_BETWEEN = (CORRELATIONS[1:] + CORRELATIONS[:-1]) / 2
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


def posterior(
    successes: Float[np.ndarray, "n_samples n_units"],
    trials: Float[np.ndarray, "n_samples n_units"],
    share: Float[np.ndarray, " n_samples"],
) -> Float[np.ndarray, "n_samples n_correlations"]:
    """Weight of each of CORRELATIONS, given the successes among the trials of each unit.

    share: probability of a success, in [0, 1]. Numbers need not be whole: a success may be worth half a one.
    """
    log_p = _LOG_PRIOR + _log_likelihood(successes, trials, np.clip(share, 1e-9, 1 - 1e-9))
    p = np.exp(log_p - log_p.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True)


def _log_likelihood(successes: np.ndarray, trials: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Of the beta-binomial law (n_samples, n_correlations), up to what does not depend on the correlation."""
    scale = 1 / CORRELATIONS - 1
    share = share[:, None]
    right = _rising(successes, share * scale)
    wrong = _rising(np.maximum(trials - successes, 0), (1 - share) * scale)
    return (right + wrong - _rising(trials, scale[None])).sum(1)


def _rising(k: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Log of start (start + 1) … (start + k - 1) for each unit; k (n_samples, n_units) need not be whole.

    Hits and clips are mostly few whole numbers; the function, which is dear, is then computed once for each of these.
    """
    start = start[:, None, :]
    values, at = np.unique(k, return_inverse=True)
    if len(values) > k.shape[1]:
        return gammaln(k[..., None] + start) - gammaln(start)
    rising = gammaln(values[:, None] + start) - gammaln(start)
    return rising[np.arange(len(start))[:, None], at.reshape(k.shape)]
