"""Statistics over time by name: a function here is a word for `features.stats`."""

from collections.abc import Callable
from functools import cached_property

import numpy as np


class Series:
    """Values over time x [shape=(n_series, n_frames), float64], and what statistics of them share."""

    def __init__(self, x: np.ndarray) -> None:
        self.x = x

    @cached_property
    def centre(self) -> np.ndarray:
        """Mean of each series [shape=(n_series,)]."""
        return self.x.mean(axis=1)

    @cached_property
    def away(self) -> np.ndarray:
        """Distance from the mean [shape=(n_series, n_frames)]."""
        return self.x - self.centre[:, None]

    @cached_property
    def squared(self) -> np.ndarray:
        """Squared distance from the mean [shape=(n_series, n_frames)]."""
        return np.square(self.away)

    @cached_property
    def spread(self) -> np.ndarray:
        """Standard deviation of each series, of the population [shape=(n_series,)]."""
        return np.sqrt(self.squared.mean(axis=1))

    def moment(self, values: np.ndarray, order: int) -> np.ndarray:
        """Mean of `values` over spread ** order [shape=(n_series,)]; NaN for a series that does not vary.

        A spread below the rounding of float32 is none.
        """
        varies = self.spread > 1e-6 * np.abs(self.centre)
        return np.where(varies, values.mean(axis=1) / np.where(varies, self.spread, 1) ** order, np.nan)


Statistic = Callable[[Series], np.ndarray]
STATISTICS: dict[str, Statistic] = {}


def statistic(function: Statistic) -> Statistic:
    """Let `function` be asked for by its name; it maps a Series to a float64 array (n_series,)."""
    STATISTICS[function.__name__] = function
    return function


@statistic
def mean(s: Series) -> np.ndarray:
    """Arithmetic mean."""
    return s.centre


@statistic
def std(s: Series) -> np.ndarray:
    """Standard deviation, of the population."""
    return s.spread


@statistic
def median(s: Series) -> np.ndarray:
    """Median."""
    return np.median(s.x, axis=1)


@statistic
def min(s: Series) -> np.ndarray:
    """Smallest value."""
    return s.x.min(axis=1)


@statistic
def max(s: Series) -> np.ndarray:
    """Largest value."""
    return s.x.max(axis=1)


@statistic
def skew(s: Series) -> np.ndarray:
    """Skewness: third standardised moment; 0 for a constant series."""
    return np.nan_to_num(s.moment(s.squared * s.away, 3))


@statistic
def kurtosis(s: Series) -> np.ndarray:
    """Excess kurtosis: fourth standardised moment less 3, so 0 for a normal one; 0 for a constant series too."""
    return np.nan_to_num(s.moment(np.square(s.squared), 4) - 3)
