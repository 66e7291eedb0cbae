"""Metrics of many runs at once, with each unit counted once or, in a resample of whole units, as often as it was drawn.

What a metric is made of is summed by unit first, and only these sums are multiplied by how often each unit counts: of a
thousand clips by fifty artists, fifty rows; of all runs of all models, one product.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int, Shaped

from dalsegno.scoring.metrics import METRICS, N_BINS

Labels = Int[np.ndarray, " n_rows"]
OVER_CLASSES, BINNED = "mean over classes", "calibration"


@dataclass(frozen=True)
class Sums:
    """The sums of each run by unit, those of all runs side by side.

    counts: for each class the clips of it that are called so, the clips of it, and the clips called so. binned: what
    calibration errors average within bins. means: what the other metrics average over clips, and the number of clips.
    """

    counts: Float32[np.ndarray, "n_units n_counts"]
    binned: Float32[np.ndarray, "n_units n_bins"]
    means: Float64[np.ndarray, "n_units n_columns"]
    n_runs: int


def sums(runs: list[tuple[Labels, Float[np.ndarray, "n_rows n_classes"], Labels]], n_units: int) -> Sums:
    """Sum by unit. runs: the labels, probabilities and units of the clips of each, units numbered below `n_units`."""
    counts, binned, means = [], [], []
    for labels, p, units in runs:
        by_unit = _ByUnit(units, n_units)
        is_so, called_so = (np.arange(p.shape[1]) == each[:, None] for each in (labels, p.argmax(1)))
        counts += [by_unit.sums(each) for each in (is_so & called_so, is_so, called_so)]
        binned += [by_unit.sums(m.function(labels, p)) for m in METRICS.values() if m.kind == BINNED]
        of_clips = [m.function(labels, p) for m in METRICS.values() if m.kind not in (OVER_CLASSES, BINNED)]
        means.append(by_unit.sums(np.stack([*of_clips, np.ones(len(labels))], axis=1)))
    singles = [np.hstack(each).astype(np.float32) for each in (counts, binned)]
    return Sums(singles[0], singles[1], np.hstack(means), len(runs))


def scores(s: Sums, times: Float32[np.ndarray, "n n_units"]) -> Float[np.ndarray, "n_metrics n_runs n"]:
    """Every metric of every run, by row of `times`: how often each unit counts. NaN where no clip of a run counts.

    Whole numbers are summed in single precision, which holds them up to 2 ** 24, and so are bins, whose sums are of no
    more than four digits' worth; losses in double precision.
    """
    n = len(times)
    right, actual, called = np.moveaxis((times @ s.counts).astype(np.float64).reshape(n, s.n_runs, 3, -1), 2, 0)
    *totals, n_clips = np.moveaxis((times.astype(np.float64) @ s.means).reshape(n, s.n_runs, -1), 2, 0)
    binned = np.abs((times @ s.binned).astype(np.float64)).reshape(n, s.n_runs, -1, N_BINS).sum(-1)
    present, means, errors = actual > 0, iter(totals), iter(np.moveaxis(binned, 2, 0))
    with np.errstate(invalid="ignore"):
        values = [
            (m.function(right, actual, called) * present).sum(-1) / present.sum(-1) if m.kind == OVER_CLASSES
            else next(errors if m.kind == BINNED else means) / n_clips
            for m in METRICS.values()
        ]  # fmt: skip
    return np.stack(values).swapaxes(1, 2)


class _ByUnit:
    """Sums over the rows of each unit."""

    def __init__(self, units: Labels, n_units: int) -> None:
        self._order = np.argsort(units, kind="stable")
        self._here, self._starts = np.unique(units[self._order], return_index=True)
        self._n_units = n_units

    def sums(self, values: Shaped[np.ndarray, "n_rows n"]) -> Float64[np.ndarray, "n_units n"]:
        result = np.zeros((self._n_units, values.shape[1]))
        result[self._here] = np.add.reduceat(values[self._order].astype(np.float64), self._starts)
        return result
