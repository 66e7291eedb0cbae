"""What a prediction is worth. A metric is one function below, with its kind; nothing else names it.

Each takes labels (n_clips,) as indices of classes, probabilities (n_clips, n_classes), and how often each clip counts,
(n, n_clips): once in the score itself, so many times in each row of a bootstrap. It returns (n,). A tie between
probabilities goes to the first class. Averages over classes are over those that the counted clips have, as a small
resample may lack one: scikit-learn's scores with `labels=np.unique(actual)`, `zero_division=0`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

Labels = Int[np.ndarray, " n_clips"]
Probabilities = Float[np.ndarray, "n_clips n_classes"]
Counts = Float[np.ndarray, "n n_clips"]
Scores = Float[np.ndarray, " n"]
Score = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
Kind = Literal["share of clips", "mean over classes", "loss"]


@dataclass(frozen=True)
class Metric:
    """A registered function, and its kind, by which its interval is made (compare.py)."""

    score: Score
    kind: Kind


METRICS: dict[str, Metric] = {}


def metric(kind: Kind) -> Callable[[Score], Score]:
    """Register a function under its own name; shares and means lie in [0, 1], a loss in [0, inf)."""

    def register(score: Score) -> Score:
        METRICS[score.__name__] = Metric(score, kind)
        return score

    return register


@metric("share of clips")
def accuracy(labels: Labels, p: Probabilities, counts: Counts) -> Scores:
    """Share of the clips whose most probable class is the right one."""
    return _mean(p.argmax(1) == labels, counts)


@metric("mean over classes")
def balanced_accuracy(labels: Labels, p: Probabilities, counts: Counts) -> Scores:
    """Mean over classes of the share of its clips that were recognised; chance is 1 / n_classes however uneven."""
    return macro_recall(labels, p, counts)


@metric("mean over classes")
def macro_precision(labels: Labels, p: Probabilities, counts: Counts) -> Scores:
    """Mean over classes of the share of the clips called so that are so; a class never called counts 0."""
    hits, actual, called = _tallies(labels, p, counts)
    return _over_classes(hits / np.maximum(called, 1), actual)


@metric("mean over classes")
def macro_recall(labels: Labels, p: Probabilities, counts: Counts) -> Scores:
    """Mean over classes of the share of its clips that were called so: the same number as balanced accuracy."""
    hits, actual, _ = _tallies(labels, p, counts)
    return _over_classes(hits / np.maximum(actual, 1), actual)


@metric("mean over classes")
def macro_f1(labels: Labels, p: Probabilities, counts: Counts) -> Scores:
    """Mean over classes of the harmonic mean of precision and recall, 2 hits / (actual + called)."""
    hits, actual, called = _tallies(labels, p, counts)
    return _over_classes(2 * hits / np.maximum(actual + called, 1), actual)


@metric("loss")
def log_loss(labels: Labels, p: Probabilities, counts: Counts) -> Scores:
    """Mean negative log probability of the right class, in nats; log(n_classes) knows nothing.

    Probabilities below float32's epsilon (1.2e-7) count as that, so one clip costs at most 15.9.
    """
    p = np.asarray(p, np.float64)
    right = p[np.arange(len(labels)), labels] / p.sum(1)
    return _mean(-np.log(np.clip(right, np.finfo(np.float32).eps, 1)), counts)


def _mean(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return counts @ values.astype(np.float64) / counts.sum(-1)


def _tallies(labels: np.ndarray, p: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per class: clips of it recognised, clips of it, clips called so; each (n, n_classes)."""
    classes = np.arange(p.shape[1])
    is_so = (labels[:, None] == classes).astype(np.float64)
    called_so = (p.argmax(1)[:, None] == classes).astype(np.float64)
    return counts @ (is_so * called_so), counts @ is_so, counts @ called_so


def _over_classes(of_class: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Mean (n,) of a score of each class (n, n_classes) over the classes that have a clip."""
    present = actual > 0
    return (of_class * present).sum(-1) / present.sum(-1)
