"""The interval of a share of clips, such as accuracy: Wilson's, for clips that come in units.

A share is plausible if the observed one lies within a quantile of standard errors of it, where the variance is that of
independent clips times a design effect (score_test.py, correlation.py). With every clip its own unit that is Wilson's
interval to the digit.

With few clips a single hit is worth several per cent of coverage. There a share also stays plausible while the exact
binomial test of Blaker (2000), at the effective number of clips, gives it a p-value above EXACT times the error allowed:
whoever asks for 95% gets at least 93 where clips are independent, and a little over 98 where nothing between is to be had.

`python bench/interval_coverage.py` simulates how often the interval holds the truth.
"""

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from jaxtyping import Bool, Float, Int, Num
from scipy.special import bdtrik, betainc

from dalsegno.scoring.statistics import correlation, score_test

EXACT = 1.4


@dataclass(frozen=True)
class Shares:
    """Hits and clips of each unit, and what clips and units weigh, in one sample or many simulated ones."""

    hits: Float[np.ndarray, "n_samples n_units"]
    clips: Float[np.ndarray, "n_samples n_units"]
    sizes: correlation.Sizes

    @property
    def estimate(self) -> Float[np.ndarray, " n_samples"]:
        """The share observed."""
        return self.hits.sum(-1) / self.clips.sum(-1)

    @cached_property
    def _law(self) -> correlation.Hits:
        return correlation.Hits(self.hits, self.clips)

    def plausible(
        self, share: Float[np.ndarray, "*tried n_samples"], confidence: float
    ) -> Bool[np.ndarray, "*tried n_samples"]:
        """Whether the sample leaves `share` open, which makes it part of the interval."""
        effect = self.design_effect(share)
        n = self.sizes.n / effect
        with np.errstate(divide="ignore", invalid="ignore"):
            z = (self.estimate - share) / np.sqrt(share * (1 - share) / n)
        near = np.abs(z) <= score_test.quantile(effect, self.hits.shape[-1], confidence)
        return near | (_blaker(self.estimate, n, share) > EXACT * (1 - confidence))

    def design_effect(self, share: Float[np.ndarray, "*tried n_samples"]) -> Float[np.ndarray, "*tried n_samples"]:
        """Geometric mean of the design effect over the correlations that `share` leaves likely."""
        if (self.sizes.per_unit <= 1).all():
            return np.ones_like(share)
        effects = 1 + (self.sizes.per_unit[..., None] - 1) * correlation.CORRELATIONS
        return np.exp((self._law.posterior(share) * np.log(effects)).sum(-1))


def tally(
    values: Float[np.ndarray, " n_clips"], weights: Num[np.ndarray, " n_clips"], units: Int[np.ndarray, " n_clips"]
) -> Shares:
    """Sums by unit. values: how far each clip is right, 0 to 1; weights: what it counts; units: the index of its unit."""
    weights = weights * len(weights) / weights.sum()
    clips = np.bincount(units, weights)
    return Shares(np.bincount(units, weights * values)[None], clips[None], correlation.sizes(weights, clips))


def intervals(samples: list[Shares], confidence: float) -> list[tuple[float, float] | tuple[None, None]]:
    """Lower and upper end for each single sample; (None, None) for fewer than two units, as nothing then tells how much units
    differ. Samples with equally many units go together, in a fraction of the time."""
    ends: list[tuple[float, float] | tuple[None, None]] = [(None, None)] * len(samples)
    n_units = [sample.hits.shape[1] for sample in samples]
    for n in {*n_units} - {1}:
        places = [i for i, n_of_sample in enumerate(n_units) if n_of_sample == n]
        alike = _together([samples[i] for i in places])
        found = score_test.ends(partial(alike.plausible, confidence=confidence), alike.estimate, 0, 1)
        for place, low, high in zip(places, *(end.tolist() for end in found), strict=True):
            ends[place] = low, high
    return ends


def _together(samples: list[Shares]) -> Shares:
    hits, clips = (np.concatenate([getattr(s, name) for s in samples]) for name in ("hits", "clips"))
    return Shares(hits, clips, correlation.together(s.sizes for s in samples))


def _blaker(estimate: np.ndarray, n: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Blaker's p-value of a binomial share; the number of clips and of hits need not be whole."""
    above = estimate > share
    return _low_tails(np.where(above, 1 - estimate, estimate) * n, n, np.where(above, 1 - share, share))


def _low_tails(hits: np.ndarray, n: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Probability of `hits` or fewer, plus the greatest of n - j or more, for whole j, that does not exceed it."""
    tiny = 1e-9
    fewer = 1 - betainc(hits + 1, np.maximum(n - hits, tiny), share)
    least = n - np.floor(n - bdtrik(1 - fewer, n, share) - 1 + 1e-6)
    more = np.where(least > n + tiny, 0, betainc(np.maximum(least, tiny), np.maximum(n - least + 1, tiny), share))
    return fewer + np.nan_to_num(more)
