"""Two models over repeated cross-validation: is one better, allowing for another draw of the training clips?

Folds and repeats train on overlapping clips, so their differences are correlated. Nadeau and Bengio (2003) put the
correlation at the share of the clips that are tested. The same assumption, without a preference beforehand, gives a
distribution of the true difference (Corani & Benavoli 2015), and with it the probability that it exceeds a margin, or lies
within it, the region of practical equivalence (Benavoli et al. 2017).

A fold's accuracy is a number of whole clips. If few clips show the same difference in every fold, that is rounding and no
certainty, so the spread of the folds counts as no less than that of rounding. Without this, two models that are right about
all of 40 clips would be as good as each other with probability 1, although one that errs once in 50 clips is right about
all of them in 45% of cases.
"""

import numpy as np
from jaxtyping import Float
from scipy.special import stdtr


def test(differences: Float[np.ndarray, " n_runs"], tested: float, margin: float, n_tested: float) -> dict[str, float]:
    """Judge differences of accuracy, one per fold and repeat: the p-value of the corrected t-test, two-sided, and probabilities, which sum to 1.

    tested: share of clips in a test part, and n_tested: their number, a mean over folds; margin: >= 0.
    """
    n, mean = len(differences), float(differences.mean())
    variance = max(differences.var(ddof=1), 1 / (12 * n_tested**2))  # of rounding to whole clips, evenly distributed
    scale = float(np.sqrt((1 / n + tested / (1 - tested)) * variance))
    better, worse = (float(stdtr(n - 1, (sign * mean - margin) / scale)) for sign in (1, -1))
    p_value = float(2 * stdtr(n - 1, -abs(mean) / scale))
    return {"p_resampled": p_value, "p_better": better, "p_equivalent": 1 - better - worse, "p_worse": worse}
