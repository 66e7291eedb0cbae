"""Many tests at once: Holm's (1979) correction, so that the chance of a single false finding stays what one test has."""

import numpy as np
from jaxtyping import Float


def adjusted(p_values: Float[np.ndarray, " n_tests"]) -> Float[np.ndarray, " n_tests"]:
    """The p-values, in the same order, after Holm: below a level together as they would be each at that level."""
    n = len(p_values)
    order = np.argsort(p_values, kind="stable")
    raised = np.maximum.accumulate(p_values[order] * np.arange(n, 0, -1))
    result = np.empty(n)
    result[order] = np.minimum(raised, 1.0)
    return result
