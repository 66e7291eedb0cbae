"""Statistics over time by name: a function here is a word for `features.stats`."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
from jaxtyping import Float


class Series:
    """Values over time, a row per series, and the moments that statistics of them share."""

    def __init__(self, x: Float[np.ndarray, "n_series n_frames"]) -> None:
        self.x = x

    @cached_property
    def centre(self) -> Float[np.ndarray, " n_series"]:
        """Mean of each series."""
        return self.x.mean(axis=1)

    @cached_property
    def away(self) -> Float[np.ndarray, "n_series n_frames"]:
        """Distance from the mean."""
        return self.x - self.centre[:, None]

    @cached_property
    def squared(self) -> Float[np.ndarray, "n_series n_frames"]:
        """Squared distance from the mean."""
        return np.square(self.away)

    @cached_property
    def spread(self) -> Float[np.ndarray, " n_series"]:
        """Standard deviation of each series, of the population."""
        return np.sqrt(self.squared.mean(axis=1))

    def shape(self, total: Float[np.ndarray, " n_series"], order: int, normal: int) -> Float[np.ndarray, " n_series"]:
        """Sum of distances ** order as a standardised moment, less a normal one's; 0 for a series that does not vary.

        A spread below the rounding of float32 is none.
        """
        varies = self.spread > 1e-6 * np.abs(self.centre)
        return np.where(varies, total / self.x.shape[1] / np.where(varies, self.spread, 1) ** order - normal, 0)


Statistic = Callable[[Series], Float[np.ndarray, " n_series"]]
STATISTICS: dict[str, Statistic] = {}


def statistic(function: Statistic) -> Statistic:
    """Let `function` be asked for by its name; it maps a Series to one number per series."""
    STATISTICS[function.__name__] = function
    return function


@statistic
def mean(s: Series) -> Float[np.ndarray, " n_series"]:
    """Arithmetic mean."""
    return s.centre


@statistic
def std(s: Series) -> Float[np.ndarray, " n_series"]:
    """Standard deviation, of the population."""
    return s.spread


@statistic
def median(s: Series) -> Float[np.ndarray, " n_series"]:
    """Median."""
    ordered, n = np.sort(s.x, axis=1), s.x.shape[1]  # vectorised, where np.median is not
    return (ordered[:, (n - 1) // 2] + ordered[:, n // 2]) / 2


@statistic
def min(s: Series) -> Float[np.ndarray, " n_series"]:
    """Smallest value."""
    return s.x.min(axis=1)


@statistic
def max(s: Series) -> Float[np.ndarray, " n_series"]:
    """Largest value."""
    return s.x.max(axis=1)


@statistic
def skew(s: Series) -> Float[np.ndarray, " n_series"]:
    """Skewness: third standardised moment; 0 for a constant series."""
    return s.shape(np.vecdot(s.squared, s.away), order=3, normal=0)


@statistic
def kurtosis(s: Series) -> Float[np.ndarray, " n_series"]:
    """Excess kurtosis: fourth standardised moment less 3, so 0 for a normal one; 0 for a constant series too."""
    return s.shape(np.vecdot(s.squared, s.squared), order=4, normal=3)
