"""The interval of a difference of two shares on the same clips, such as what one model's accuracy gains over another's.

What counts is on how many clips the one model alone is right, and on how many the other. A difference is plausible if the
observed one lies within a quantile of standard errors of it, at the share of such clips that is most likely under that
difference: Tango's (1998) score interval, which has a width even where the models never differ, and which with every clip
its own unit this is to the digit.

For clips that come in units the variance has two parts, each with a correlation of its own that is averaged over as for a
single share (correlation.py): in some units the models differ more often than in others, and where they differ, one of
them is the better in some units and the other elsewhere. Where the lead is clearest in the units in which the models differ
most, units vary more than the two parts allow, and the interval goes towards what is observed, further the more units there
are.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int, Num

from dalsegno.scoring.statistics import correlation, score_test
from dalsegno.scoring.statistics.correlation import CORRELATIONS

UNITS = 50  # that the two laws are worth, where the units observed vary more


@dataclass(frozen=True)
class Differences:
    """Clips of each unit that one model alone is right about, those of the other, and all, in one sample or many."""

    one: Float[np.ndarray, "n_samples n_units"]
    other: Float[np.ndarray, "n_samples n_units"]
    clips: Float[np.ndarray, "n_samples n_units"]
    sizes: correlation.Sizes

    @property
    def estimate(self) -> Float[np.ndarray, " n_samples"]:
        """The difference observed."""
        return (self.one.sum(-1) - self.other.sum(-1)) / self.clips.sum(-1)

    @cached_property
    def _signs(self) -> correlation.Hits:
        return correlation.Hits(self.one, self.one + self.other)

    @cached_property
    def _numbers(self) -> correlation.Hits:
        return correlation.Hits(self.one + self.other, self.clips)

    def plausible(
        self, difference: Float[np.ndarray, "*tried n_samples"], confidence: float
    ) -> Bool[np.ndarray, "*tried n_samples"]:
        """Whether the sample leaves `difference` open, which makes it part of the interval."""
        differing = self._differing(difference)
        variance = np.maximum(differing - difference**2, 1e-12)
        effect = self._design_effect(difference, differing, variance)
        z = (self.estimate - difference) / np.sqrt(variance * effect / self.sizes.n)
        return np.abs(z) <= score_test.quantile(np.maximum(effect, 1), self.one.shape[-1], confidence)

    def _differing(self, difference: np.ndarray) -> np.ndarray:
        """Most likely share of clips on which the models differ, given the difference of their accuracies."""
        one, other = (k.sum(-1) / self.clips.sum(-1) for k in (self.one, self.other))
        b = (2 - one + other) * difference - one - other
        c = -other * difference * (1 - difference)
        lost = np.maximum((np.sqrt(np.maximum(b**2 - 8 * c, 0)) - b) / 4, np.maximum(0, -difference))
        return np.clip(2 * lost + difference, np.maximum(np.abs(difference), 1e-12), 1)

    def _design_effect(self, difference: np.ndarray, differing: np.ndarray, variance: np.ndarray) -> np.ndarray:
        """Geometric mean of the design effect over the correlations that both values leave likely.

        Given that `k` clips of a unit differ, the one model is better on Beta-binomially many of them, and k is
        Beta-binomial itself: the variance of a sum of signs follows from the two laws.
        """
        if (self.sizes.per_unit <= 1).all():
            return np.ones_like(difference)
        lean = difference / differing
        signs = self._signs.posterior((1 + lean) / 2)[..., None]
        numbers = self._numbers.posterior(differing)[..., None, :]
        lean, share, total, more = (x[..., None, None] for x in (lean, differing, variance, self.sizes.per_unit - 1))
        spread = share * (1 - share)
        by_sign = share + CORRELATIONS[:, None] * more * (share**2 + CORRELATIONS * spread)
        by_number = spread * (1 + more * CORRELATIONS)
        effects = ((1 - lean**2) * by_sign + lean**2 * by_number) / total
        expected = np.exp((signs * numbers * np.log(np.maximum(effects, 1e-6))).sum((-2, -1)))
        beyond = np.maximum(self._observed_effect(difference, variance) / expected, 1)
        return expected * beyond ** (self.one.shape[-1] / (self.one.shape[-1] + UNITS))

    def _observed_effect(self, difference: np.ndarray, variance: np.ndarray) -> np.ndarray:
        """The design effect that the differences of the units show by themselves."""
        beyond = self.one - self.other - difference[..., None] * self.clips
        return (beyond**2).sum(-1) * self.sizes.n / self.clips.sum(-1) ** 2 / variance


def tally(
    gains: Float[np.ndarray, " n_clips"], weights: Num[np.ndarray, " n_clips"], units: Int[np.ndarray, " n_clips"]
) -> Differences:
    """Sums by unit. gains: by how much the one model is more often right about each clip, -1 to 1."""
    weights = weights * len(weights) / weights.sum()
    one, other = (np.bincount(units, weights * np.maximum(k, 0)) for k in (gains, -gains))
    clips = np.bincount(units, weights)
    return Differences(one[None], other[None], clips[None], correlation.sizes(weights, clips))


def together(samples: list[Differences]) -> Differences:
    """Samples with equally many units as one, whose intervals are computed in a quarter of the time."""
    one, other, clips = (np.concatenate([getattr(s, name) for s in samples]) for name in ("one", "other", "clips"))
    return Differences(one, other, clips, correlation.together(s.sizes for s in samples))


def intervals(differences: Differences, confidence: float) -> list[tuple[float, float] | tuple[None, None]]:
    """Lower and upper end for each sample, within [-1, 1]; (None, None) for fewer than two units."""
    n_samples, n_units = differences.one.shape
    if n_units < 2:
        return [(None, None)] * n_samples
    low, high = score_test.ends(lambda d: differences.plausible(d, confidence), differences.estimate, -1, 1)
    return list(zip(low.tolist(), high.tolist(), strict=True))
