"""From values to places along an axis, and the values at which an axis is marked."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Scale:
    """What an axis shows, from `low` to `high`; log: by their logarithms, both being above 0."""

    low: float
    high: float
    log: bool = False

    def __call__(self, values: Any) -> Float[np.ndarray, "*n"]:
        """The share of the way from `low` to `high` at which each value lies."""
        low, high, values = (np.asarray(v, float) for v in (self.low, self.high, values))
        if self.log:
            low, high, values = (np.log(v) for v in (low, high, values))
        return np.asarray((values - low) / (high - low))

    def ticks(self, n: int = 6, whole: bool = False) -> list[float]:
        """Round values within the scale, about `n` at most and evenly apart; whole: integers alone."""
        return _round_powers(self.low, self.high, n) if self.log else _round_steps(self.low, self.high, n, whole)


def around(values: Any, room: float = 0.04, log: bool = False) -> Scale:
    """The scale that holds all values that are numbers, with some room at either end, a share of what they span."""
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    if log:
        more = max(math.log(high / low) * room, 0.1)
        return Scale(low * math.exp(-more), high * math.exp(more), True)
    more = (high - low) * room or max(abs(high) * room, 0.01)
    return Scale(low - more, high + more)


def written(ticks: list[float], log: bool = False, percent: bool = False) -> list[str]:
    """The ticks in as few digits as tell them apart, all in equally many behind the point unless they stand on a log scale."""
    values = [100 * tick if percent else tick for tick in ticks]
    digits = [next((d for d in range(9) if abs(round(v, d) - v) < 1e-9 * max(1, abs(v))), 9) for v in values]
    digits = digits if log else [max(digits, default=0)] * len(digits)
    return [f"{v:,.{d}f}".replace("-", "−") + "%" * percent for v, d in zip(values, digits, strict=True)]


def _round_steps(low: float, high: float, n: int, whole: bool) -> list[float]:
    least = max((high - low) / n, 1 if whole else 0)
    power = 10.0 ** math.floor(math.log10(least))
    steps = [times * power for times in (1, 2, 2.5, 5, 10) if not whole or times * power % 1 == 0]
    step = next(step for step in steps if step >= least * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def _round_powers(low: float, high: float, n: int) -> list[float]:
    """Powers of ten, with 2 and 5 times these or 3 times where they alone are few; even steps where all these are."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for times in ((1,), (1, 3), (1, 2, 5)):
        found = [t * 10.0**p for p in powers for t in times if low <= t * 10.0**p <= high]
        if len(found) >= 3:
            return found[:: -(-len(found) // n)]
    return _round_steps(low, high, 3, whole=False)
