"""By what chance two equally good models would differ so much: the sign-flip test of paired differences.

If the models were equally good, either could have made either's calls. So the difference of each unit, its clips together,
could as well have had the other sign, and the p-value is the share of all ways to choose the signs that lead at least as
far from 0 as what was observed (Fisher 1935; Edgington & Onghena 2007). Where every unit is one clip and each model was
trained once, that is McNemar's exact test.

That holds to the digit for models that err in the same manner. Of two that are equally accurate in different ones, such as
one that errs here and there and one that errs on a few whole artists, it calls the second better too often where groups are
few: in 11% of cases instead of 5% with 10 groups, in 6% with 20 or more; where a tenth of the groups holds half of the clips
and each model is at home in one half, in 13% with 10 groups and 7% with 80.
"""

from math import floor, log2

import numpy as np
from jaxtyping import Int
from scipy.special import gammaln

EXACT = 200_000_000  # steps that the exact distribution may take
DRAWS = 20_000  # of signs, where it would take more
BLOCK = 200  # draws at a time


def p_value(sums: Int[np.ndarray, " n_units"], seed: int) -> float:
    """Two-sided p-value of the sum of `sums`; 1 where all are 0. `seed`: of the signs drawn where there are too many ways."""
    sizes = np.abs(sums[sums != 0])
    if not len(sizes):
        return 1.0
    step = np.gcd.reduce(sizes)
    sizes, reached = sizes // step, int(abs(sums.sum()) // step)
    return _exact(sizes, reached) if len(sizes) * sizes.sum() <= EXACT else _drawn(sizes, reached, seed)


def least_units(n_tests: int, confidence: float) -> int:
    """The fewest units that can rule out chance after a correction for `n_tests`: if all lean one way."""
    return floor(log2(2 * n_tests / (1 - confidence))) + 1


def _exact(sizes: np.ndarray, reached: int) -> float:
    chance = np.ones(1)  # of each sum, from 0 to that of `sizes`, of those that fall to the one side
    for size, n in zip(*np.unique(sizes, return_counts=True), strict=True):
        alike = np.zeros(size * n + 1)
        k = np.arange(n + 1)
        alike[::size] = np.exp(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) - n * np.log(2))
        chance = np.convolve(chance, alike)
    far = np.abs(2 * np.arange(len(chance)) - sizes.sum()) >= reached
    return float(min(1.0, chance[far].sum()))


def _drawn(sizes: np.ndarray, reached: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    blocks = [rng.integers(2, size=(BLOCK, len(sizes))) @ sizes for _ in range(DRAWS // BLOCK)]
    far = np.abs(2 * np.concatenate(blocks) - sizes.sum()) >= reached
    return float((1 + far.sum()) / (1 + DRAWS))
