"""Whether several models differ at all: Cochran's (1950) Q, for clips that come in units.

If all models were equally good, any of them could have made any other's calls. So the sums of a unit, one per model, could
as well stand in any other order, and Q compares the models' totals with what shuffling them within units would give. Where
every unit is one clip, this is Cochran's Q to the digit.
"""

import numpy as np
from jaxtyping import Float
from scipy import special

ROUNDING = 1e-12  # of sums that are equal, whose mean may differ from them in its last digit


def q(sums: Float[np.ndarray, "n_models n_units"]) -> tuple[float, float]:
    """Q and its p-value (chi-squared, n_models - 1 degrees of freedom). (0, 1) where no unit tells two models apart.

    sums: of what each model gets right in each unit. The p-value is rough for fewer than about ten units that differ.
    """
    apart = sums - sums.mean(axis=0)
    within = (apart**2).sum()
    if within < ROUNDING:
        return 0.0, 1.0
    degrees = len(sums) - 1
    statistic = degrees * (apart.sum(axis=1) ** 2).sum() / within
    return float(statistic), float(special.chdtrc(degrees, statistic))
