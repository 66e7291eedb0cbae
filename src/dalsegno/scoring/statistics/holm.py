"""Many tests at once: Holm's (1979) correction, so that the chance of a single false finding stays what one test has."""

import numpy as np
from jaxtyping import Bool, Float


def adjusted(p_values: Float[np.ndarray, " n_tests"]) -> Float[np.ndarray, " n_tests"]:
    """The p-values, in the same order, after Holm: below a level together as they would be each at that level."""
    n = len(p_values)
    order = np.argsort(p_values, kind="stable")
    raised = np.maximum.accumulate(p_values[order] * np.arange(n, 0, -1))
    result = np.empty(n)
    result[order] = np.minimum(raised, 1.0)
    return result


def told_apart(adjusted: Float[np.ndarray, " n_tests"], confidence: float) -> Bool[np.ndarray, " n_tests"]:
    """Which differences are not left to chance, given p-values after `adjusted`: the one rule for it."""
    return adjusted < 1 - confidence
