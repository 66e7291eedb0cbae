"""Intervals: how far a score could lie off because these clips were tested and not others like them.

Clips of one group (an artist, an instrument) are not independent: whole units are resampled, groups where they are
known, single clips elsewhere (cluster bootstrap, Davison & Hinkley 1997, section 3.8). Every model is scored on the same
resamples, so differences between models are paired. One rule for each kind of metric:

- A share or a mean over classes, bounded by 0 and 1: Wilson's score interval (Wilson 1927) at the effective number of
  clips, the number of independent ones that would vary as much as the bootstrap does, with Student's t on units - 1
  degrees of freedom for the normal quantile (Korn & Graubard 1998; Dean & Pagano 2015 prefer it to percentiles
  for clustered clips). It has a width even where every clip is right. Plain percentiles do not: simulated at 98 % right,
  they hold the truth 45 times in 100 on 30 clips and 76 on 80 clips of 16 artists, this rule 98 and 97 times.
- A loss: percentiles of the bootstrap, moved outwards for few units (the expanded percentile interval, Hesterberg 2015).
  Too short for a model that is nearly always right and sure of it: the rare costly error may not be among the clips.

What it is not: the interval holds for these trained models and new clips of the same source. It does not cover another
draw of the training clips, other recording conditions, or choices made after a look at the test clips. With fewer than
about 20 units it is rough; with one it does not exist.
"""

from collections.abc import Callable, Iterator
from typing import Annotated

import numpy as np
from jaxtyping import Float, Int
from pydantic import Field
from scipy import stats

from dalsegno.pipeline.params import section
from dalsegno.scoring.held_out import Scored
from dalsegno.scoring.metrics import Kind

BLOCK = 1 << 22  # cells of one block of resamples: 32 MB however many clips

Statistic = Callable[[np.ndarray], np.ndarray]  # how often each clip counts (n, n_clips) -> the values (..., n) there


@section
class Params:
    """`compare:` in params.yaml."""

    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95  # of the intervals
    resamples: Annotated[int, Field(ge=200)] = 2000  # of the bootstrap
    seed: Annotated[int, Field(ge=0)] = 0  # of the bootstrap; the same resamples serve every model


def bootstrap(
    statistic: Statistic, units: Int[np.ndarray, " n_clips"], p: Params
) -> tuple[Float[np.ndarray, "..."], Float[np.ndarray, "... n"]]:
    """`statistic` on the clips as they are (...), and on each of `p.resamples` resamples of whole units (..., n)."""
    value = statistic(np.ones((1, len(units))))[..., 0]
    draws = [statistic(counts) for counts in resamples(units, p.resamples, p.seed)]
    return np.asarray(value), np.concatenate(draws, axis=-1)


def resamples(units: Int[np.ndarray, " n_clips"], n: int, seed: int) -> Iterator[Float[np.ndarray, "n_rows n_clips"]]:
    """Yield blocks (n_rows, n_clips) of how often each clip counts, `n` rows in all; units: the index of each clip's unit.

    The rows depend on the units and the seed alone, never on what is scored.
    """
    n_units = units.max() + 1
    rng = np.random.default_rng(seed)
    rows = max(1, BLOCK // len(units))
    for start in range(0, n, rows):
        size = min(rows, n - start)
        drawn = rng.integers(n_units, size=(size, n_units)) + n_units * np.arange(size)[:, None]
        times = np.bincount(drawn.ravel(), minlength=size * n_units).reshape(size, n_units)
        yield times[:, units].astype(np.float64)


def scored(kinds: dict[str, Kind], statistic: Statistic, s: Scored, p: Params) -> dict[str, float | None]:
    """Each score with its interval under the names of compare.json: `<name>`, `<name>_low`, `<name>_high`.

    kinds: of each score that `statistic` gives, in its order; it returns (n_scores, n).
    """
    values, draws = bootstrap(statistic, s.units, p)
    n_units, result = int(s.units.max()) + 1, {}
    for (name, kind), value, drawn in zip(kinds.items(), values, draws, strict=True):
        low, high = interval(kind, float(value), drawn, s.labels, n_units, p.confidence)
        result |= {name: float(value), f"{name}_low": low, f"{name}_high": high}
    return result


def interval(
    kind: Kind,
    value: float,
    draws: Float[np.ndarray, " n"],
    labels: Int[np.ndarray, " n_clips"],
    n_units: int,
    confidence: float,
) -> tuple[float, float] | tuple[None, None]:
    """Lower and upper end of the interval around `value`, by the rule of the metric's kind.

    draws: the metric on each resample. labels: of the clips tested, each once. (None, None) for fewer than two units, as
    nothing then says how much units differ.
    """
    if n_units < 2:
        return None, None
    if kind == "loss":
        return expanded_percentile(draws, n_units, confidence)
    most = float(len(labels)) if kind == "share of clips" else class_clips(labels)
    variance = draws.var(ddof=1) * n_units / (n_units - 1)
    n_effective = min(value * (1 - value) / variance, most) if variance > 0 else most
    return wilson(value, n_effective, stats.t.ppf((1 + confidence) / 2, n_units - 1))


def wilson(share: float, n: float, quantile: float) -> tuple[float, float]:
    """Wilson's score interval of a share of `n` clips; `n` need not be whole."""
    z2 = quantile**2 / n
    centre = (share + z2 / 2) / (1 + z2)
    half = np.sqrt(share * (1 - share) * z2 + z2**2 / 4) / (1 + z2)
    return float(max(0.0, min(centre - half, share))), float(min(1.0, max(centre + half, share)))


def expanded_percentile(draws: Float[np.ndarray, " n"], n_units: int, confidence: float) -> tuple[float, float]:
    """Percentiles of the bootstrap, as far out as Student's t and the n / (n - 1) of a variance ask."""
    t = stats.t.ppf((1 + confidence) / 2, n_units - 1)
    tail = stats.norm.cdf(-np.sqrt(n_units / (n_units - 1)) * t)
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def class_clips(labels: Int[np.ndarray, " n_clips"]) -> float:
    """Clips that a mean over classes is worth: n_classes times the harmonic mean of their sizes, n_clips if even."""
    sizes = np.unique(labels, return_counts=True)[1]
    return len(sizes) ** 2 / (1 / sizes).sum()
