"""Intervals: how far a score could lie off because these clips were tested and not others like them.

Clips of one unit are not independent: a group (an artist, an instrument) with all that near copies link to it, a single
clip where nothing is known. One rule for each kind of metric:

- A share of clips: a score interval that averages over the correlation within units (share.py). It has a width even where
  every clip is right. `bench/interval_coverage.py` shows how often it holds the truth.
- A mean over classes: Wilson's interval at the number of independent clips that accuracy's interval is worth, on either
  side, times the ratio in which a bootstrap of whole units (Davison & Hinkley 1997, section 3.8) sees the two vary.
- A loss: percentiles of that bootstrap, moved outwards for few units (the expanded percentile interval, Hesterberg 2015).
  Too short for a model that is nearly always right and sure of it: the rare costly error may not be among the clips.
- A calibration error: the same percentiles, shifted by what resampling adds. A resample has fewer different clips, and
  the fewer clips, the larger the error of even a calibrated model. As much as resampling adds to the error observed, these
  clips have added to the true one: the lower end is lowered by it. Where every clip is right, or none, resamples do not
  differ, and the interval is as wide as that of accuracy.

What it is not: the interval holds for these trained models and new clips of the same source. It does not cover another
draw of the training clips, other recording conditions, or choices made after a look at the test clips. With a single unit
there is none, and none for a mean over classes if all clips of a class are of one unit: nothing then says how much units
differ. Of several seeds it takes the mean of each clip for as uncertain as a single answer. So where seeds disagree about
many single clips, it is too wide: of 100 or 200 clips and three or five seeds, intervals at 95% hold the accuracy, or the
difference of two models, in 97 to 100% of simulated worlds. P-values are not affected.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from jaxtyping import Float, Float32, Int
from pydantic import Field
from scipy import special

from dalsegno.pipeline.params import section
from dalsegno.scoring.metrics import Kind

BLOCK = 1 << 21  # cells of one block of resamples: 32 MB however many units

Ends = tuple[float, float] | tuple[None, None]


@section
class Params:
    """`compare:` in params.yaml."""

    confidence: Annotated[float, Field(gt=0.5, lt=1)]  # of the intervals
    resamples: Annotated[int, Field(ge=200)] = 2000  # of the bootstrap
    margin: Annotated[float, Field(ge=0, lt=1)] = 0.01  # a difference of accuracy up to this is of no practical use
    pairs: list[tuple[str, str]] | None = None  # the pairs of models to ask about; None: all of them
    seed: Annotated[int, Field(ge=0)] = 0  # of the bootstrap, whose resamples serve every model, and of sign flips


def resamples(n_units: int, n: int, seed: int) -> Iterator[Float32[np.ndarray, "n_rows n_units"]]:
    """Yield blocks (n_rows, n_units) of how often each unit counts, `n` rows in all.

    The rows depend on the number of units and the seed alone, never on what is scored.
    """
    rng = np.random.default_rng(seed)
    rows = max(1, BLOCK // n_units)
    for start in range(0, n, rows):
        size = min(rows, n - start)
        drawn = rng.integers(n_units, size=(size, n_units)) + n_units * np.arange(size)[:, None]
        times = np.bincount(drawn.ravel(), minlength=size * n_units).reshape(size, n_units)
        yield times.astype(np.float32)


@dataclass(frozen=True)
class Accuracy:
    """What the intervals of the other scores go by: accuracy, its ends, and its draws (n,) of the bootstrap.

    class_clips: the number of clips that a mean over classes is worth (see `class_clips`), as a share of all clips.
    """

    value: float
    low: float
    high: float
    draws: np.ndarray
    class_clips: float

    def like(self, kind: Kind, value: float, draws: Float[np.ndarray, " n"]) -> Ends:
        """The ends for another score between 0 and 1 of the same clips, from its draws of the same resamples."""
        worth = self.class_clips if kind == "mean over classes" else 1.0
        spreads = [d.var() / (v * (1 - v)) if 0 < v < 1 else 0 for v, d in ((self.value, self.draws), (value, draws))]
        ratio = min(spreads[0] / spreads[1], 1 / worth) if min(spreads) > 0 else worth
        # Where no clip is right, or each, the one end tells of both sides.
        low = self.low if self.low < self.value else self.high
        high = self.high if self.high > self.value else self.low
        return self._ends(low, value, ratio)[0], self._ends(high, value, ratio)[1]

    def _ends(self, end: float, value: float, ratio: float) -> tuple[float, float]:
        """Wilson's ends around `value` for `ratio` times as many clips as put accuracy's interval at `end`."""
        return wilson(value, ratio * end * (1 - end) / (self.value - end) ** 2, 1.0)


def wilson(share: float, n: float, quantile: float) -> tuple[float, float]:
    """Wilson's score interval of a share of `n` clips; `n` need not be whole."""
    z2 = quantile**2 / n
    centre = (share + z2 / 2) / (1 + z2)
    half = np.sqrt(share * (1 - share) * z2 + z2**2 / 4) / (1 + z2)
    return float(max(0.0, min(centre - half, share))), float(min(1.0, max(centre + half, share)))


def expanded_percentile(draws: Float[np.ndarray, " n"], n_units: int, confidence: float) -> tuple[float, float]:
    """Percentiles of the bootstrap, as far out as Student's t and the n / (n - 1) of a variance ask."""
    t = special.stdtrit(n_units - 1, (1 + confidence) / 2)
    tail = special.ndtr(-np.sqrt(n_units / (n_units - 1)) * t)
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def of_calibration(
    value: float, draws: Float[np.ndarray, " n"], n_units: int, accuracy: Accuracy, confidence: float
) -> tuple[float, float]:
    """`expanded_percentile` of draws whose mean is moved to `value`, less what chance adds below; it holds `value`."""
    low, high = expanded_percentile(draws + (value - draws.mean()), n_units, confidence)
    by_chance = max(0.0, draws.mean() ** 2 - value**2)
    low = np.sqrt(max(0.0, max(0.0, low) ** 2 - by_chance))
    if accuracy.value in (0, 1):
        open_ = accuracy.high - accuracy.low
        low, high = min(low, value - open_), max(high, open_ - value)
    return float(max(0.0, min(low, value))), float(max(high, value))


def class_clips(labels: Int[np.ndarray, " n_clips"]) -> float:
    """Clips that a mean over classes is worth: n_classes times the harmonic mean of their sizes, n_clips if even."""
    sizes = np.unique(labels, return_counts=True)[1]
    return len(sizes) ** 2 / (1 / sizes).sum()
