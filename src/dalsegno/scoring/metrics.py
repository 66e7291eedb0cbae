"""What a prediction is worth. A metric is one function below, with its kind; nothing else names it.

A share of clips and a loss are the mean over clips of what the function returns for each, from labels (n_clips,), as indices
of classes, and probabilities (n_clips, n_classes). A calibration error returns a row of N_BINS for each clip; its bins are
averaged over clips, and their absolute values summed. A mean over classes is that of what the function returns for each class
(n, n_classes), from the numbers of clips of it that are called so (`right`), of it (`actual`), and called so; it is taken
over the classes that have a clip, as a small resample may lack one: scikit-learn's score with `labels=np.unique(actual)` and
`zero_division=0`. A tie between probabilities goes to the first class.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

Labels = Int[np.ndarray, " n_clips"]
Probabilities = Float[np.ndarray, "n_clips n_classes"]
OfClip = Float[np.ndarray, " n_clips"] | Bool[np.ndarray, " n_clips"]
OfClass = Float[np.ndarray, "*n n_classes"]
OfBin = Float[np.ndarray, "n_clips n_bins"]
Kind = Literal["share of clips", "mean over classes", "loss", "calibration"]
N_BINS = 10


@dataclass(frozen=True)
class Metric:
    """A registered function, and its kind, by which it is averaged and its interval is made (counted.py, compare.py).

    known_up_to: the number of classes up to which the value is the same whatever the model, so that nobody need be told.
    """

    function: Callable[..., np.ndarray]
    kind: Kind
    known_up_to: int = 0


METRICS: dict[str, Metric] = {}


def metric(kind: Kind, known_up_to: int = 0) -> Callable[[Callable[..., np.ndarray]], Callable[..., np.ndarray]]:
    """Register a function under its own name; shares, means and calibration lie in [0, 1], a loss in [0, inf)."""

    def register(function: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
        METRICS[function.__name__] = Metric(function, kind, known_up_to)
        return function

    return register


@metric("share of clips")
def accuracy(labels: Labels, p: Probabilities) -> OfClip:
    """Share of the clips whose most probable class is the right one."""
    return p.argmax(1) == labels


@metric("share of clips", known_up_to=3)
def top_3_accuracy(labels: Labels, p: Probabilities) -> OfClip:
    """Share of the clips whose right class is among the three most probable; always 1 for three classes or fewer."""
    right = p[np.arange(len(labels)), labels][:, None]
    before = (p > right) | ((p == right) & (np.arange(p.shape[1]) < labels[:, None]))
    return before.sum(1) < 3


@metric("mean over classes")
def balanced_accuracy(right: OfClass, actual: OfClass, called: OfClass) -> OfClass:
    """Mean over classes of the share of its clips that were recognised; chance is 1 / n_classes however uneven."""
    return macro_recall(right, actual, called)


@metric("mean over classes")
def macro_precision(right: OfClass, actual: OfClass, called: OfClass) -> OfClass:
    """Mean over classes of the share of the clips called so that are so; a class never called counts 0."""
    return right / np.maximum(called, 1)


@metric("mean over classes")
def macro_recall(right: OfClass, actual: OfClass, called: OfClass) -> OfClass:
    """Mean over classes of the share of its clips that were called so: the same number as balanced accuracy."""
    return right / np.maximum(actual, 1)


@metric("mean over classes")
def macro_f1(right: OfClass, actual: OfClass, called: OfClass) -> OfClass:
    """Mean over classes of the harmonic mean of precision and recall, 2 right / (actual + called)."""
    return 2 * right / np.maximum(actual + called, 1)


@metric("loss")
def log_loss(labels: Labels, p: Probabilities) -> OfClip:
    """Mean negative log probability of the right class, in nats; log(n_classes) knows nothing.

    Probabilities below float32's epsilon (1.2e-7) count as that, so one clip costs at most 15.9.
    """
    p = np.asarray(p, np.float64)
    right = p[np.arange(len(labels)), labels] / p.sum(1)
    return -np.log(np.clip(right, np.finfo(np.float32).eps, 1))


@metric("calibration")
def calibration_error(labels: Labels, p: Probabilities) -> OfBin:
    """Expected calibration error (Naeini et al. 2015): how far the probability of the called class is from how often it is right.

    Clips are put into N_BINS bins of equal width by that probability, the confidence; the error is the mean over clips of
    the distance between accuracy and mean confidence of their bin. Even a calibrated model has some on few clips.
    """
    gap = (p.argmax(1) == labels) - confidence(p)
    return gap[:, None] * (bins(p)[:, None] == np.arange(N_BINS))


def confidence(p: Probabilities) -> Float[np.ndarray, " n_clips"]:
    """The probability, float64, of the most probable class of each clip, in [1 / n_classes, 1]."""
    p = np.asarray(p, np.float64)
    return p.max(1) / p.sum(1)


def bins(p: Probabilities) -> Int[np.ndarray, " n_clips"]:
    """The bin of each clip by its confidence, from 0; a confidence on the border of two is in the upper one."""
    return np.minimum((confidence(p) * N_BINS).astype(int), N_BINS - 1)
