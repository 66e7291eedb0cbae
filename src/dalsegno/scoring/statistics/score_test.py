"""An interval as all values that the data do not contradict: a score test, turned round.

The standard error is that under the value tried, not under the one observed (Wilson 1927), so an interval has a width even
where every clip is right. Its quantile is Student's, on as many degrees of freedom as Satterthwaite (1946) gives a variance
of which only the part between units had to be learnt from the units; what is known of it beforehand counts as PRIOR_UNITS.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from scipy import special

PRIOR_UNITS = 4
STEPS = 24  # halvings: an end is exact to 1e-7


def quantile(
    effect: Float[np.ndarray, "*tried n_samples"], n_units: int, confidence: float
) -> Float[np.ndarray, "*tried n_samples"]:
    """Student's quantile for a design effect of at least 1; the normal one where it is 1."""
    between = 1 - 1 / effect  # share of the variance that is due to units
    with np.errstate(divide="ignore"):
        return special.stdtrit((n_units - 1 + PRIOR_UNITS) / between**2, (1 + confidence) / 2)


def ends(
    plausible: Callable[[np.ndarray], np.ndarray],
    estimate: Float[np.ndarray, " n_samples"],
    lowest: float,
    highest: float,
) -> tuple[Float[np.ndarray, " n_samples"], Float[np.ndarray, " n_samples"]]:
    """Lower and upper end of what is plausible around `estimate`, within [lowest, highest].

    plausible: from values tried (2, n_samples) to whether each is.
    """
    inside = np.stack([estimate, estimate])
    outside = np.stack([np.full_like(estimate, limit) for limit in (lowest, highest)])
    for _ in range(STEPS):
        middle = (inside + outside) / 2
        kept = plausible(middle)
        inside, outside = np.where(kept, middle, inside), np.where(kept, outside, middle)
    return inside[0], inside[1]
