"""Each model class by class: support, precision, recall with its interval, and F1."""

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from dalsegno.scoring import held_out
from dalsegno.scoring.held_out import Run, Scored
from dalsegno.scoring.statistics import share

COLUMNS = ["model", "class", "clips", "precision", "recall", "recall_low", "recall_high", "f1"]


def table(
    s: Scored,
    models: dict[str, list[Run]],
    confusions: dict[str, Int[np.ndarray, "n_classes n_classes"]],
    confidence: float,
) -> pd.DataFrame:
    """COLUMNS: a row for each model and class. clips: how many of the class are scored, each once.

    Precision counts the clips called so over all runs, and is 0 where there is none, as in scikit-learn's report; recall
    and its interval are empty for a class without a scored clip. confusions: as of `compare.confusion`, by model.
    """
    recalls = [_recalls(s, models, label, confidence) for label in range(len(s.classes))]
    rows = []
    for i, (name, counts) in enumerate(confusions.items()):
        right, actual, called = counts.diagonal(), counts.sum(1), counts.sum(0)
        for label, class_ in enumerate(s.classes):
            precision = right[label] / max(1, called[label])
            f1 = 2 * right[label] / max(1, actual[label] + called[label])
            rows.append([name, class_, int((s.labels == label).sum()), precision, *recalls[label][i], f1])
    return pd.DataFrame(rows, columns=COLUMNS).round(6)


def _recalls(
    s: Scored, models: dict[str, list[Run]], label: int, confidence: float
) -> list[tuple[float | None, float | None, float | None]]:
    """The recall of one class and the ends of its interval, for each model."""
    of_class = s.labels == label
    if not of_class.any():
        return [(None, None, None)] * len(models)
    units = pd.factorize(s.units[of_class])[0]
    tallies = share.together([share.tally(*_right(s, runs, of_class), units) for runs in models.values()])
    return [
        (value, low, high)
        for value, (low, high) in zip(tallies.estimate.tolist(), share.intervals(tallies, confidence), strict=True)
    ]


def _right(s: Scored, runs: list[Run], of_class: np.ndarray) -> tuple[Float[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """How often each clip of the class is called right, as a share, and of how many predictions."""
    right, n = held_out.hits(s.labels, runs)
    return right[of_class] / n[of_class], n[of_class]
