"""Temperature scaling (Guo et al. 2017, arXiv 1706.04599): how sure a model may be, learnt from the validation part.

One number T per trained model divides its logits. The order of the classes stays, so no call changes; only the
probabilities do.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

SPREAD = 0.3  # standard deviation of the logarithm of a temperature, before any clip is seen
_TINY = float(np.finfo(np.float32).eps)  # smaller probabilities count as this one


def temperature(
    logits: Float[np.ndarray, "n n_classes"], labels: Int[np.ndarray, " n"], n_clips: int | None = None
) -> float:
    """The temperature above 0 that makes softmax(logits / T) fit `labels` best, near 1; 1.0 where there is no row.

    n_clips: the number of clips that the rows are of, if a clip has several. Where a few clips are all called right, the
    likelihood alone would take T towards 0 and every later error for impossible, so the logarithm of T has a normal prior
    of deviation SPREAD around 0, which counts for less the more clips there are.
    """
    if not len(labels):
        return 1.0
    n = len(labels) if n_clips is None else n_clips
    below = logits - logits[np.arange(len(labels)), labels][:, None]  # what each class has over the right one
    highest = below.max(axis=1, keepdims=True)

    def loss(log_t: float) -> float:
        t = np.exp(log_t)
        log_sum = highest[:, 0] / t + np.log(np.exp((below - highest) / t).sum(axis=1))
        return float(log_sum.mean() * n + log_t**2 / (2 * SPREAD**2))

    return float(np.exp(_least(loss, -5.0, 5.0)))


def _least(function: Callable[[float], float], low: float, high: float) -> float:
    """Where `function` is least between two numbers, to 1e-7, by golden section; importing SciPy's search takes 0.3 s."""
    ratio = (5**0.5 - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = function(left), function(right)
    while high - low > 1e-7:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = function(right)
    return (low + high) / 2


def temperature_from(p: Float[np.ndarray, "n n_classes"], labels: Int[np.ndarray, " n"]) -> float:
    """`temperature` of a model that gives probabilities, whose logarithms serve as logits."""
    return temperature(np.log(np.maximum(p.astype(np.float64), _TINY)), labels)


def scaled(
    p: Float[np.ndarray, "n n_classes"], t: float | Float[np.ndarray, "n 1"]
) -> Float[np.ndarray, "n n_classes"]:
    """Probabilities, float64, at the temperature `t`, one for all rows or one for each.

    A class of probability 0 counts as in `temperature_from`, or a temperature would be applied that fits another model:
    trees and nearest neighbours give zeros to classes that are right, and a temperature above 1 takes these for possible.
    """
    powers = (np.maximum(p.astype(np.float64), _TINY) / p.max(1, keepdims=True)) ** (1 / t)
    return powers / powers.sum(1, keepdims=True)
