"""Each model class by class: support, precision, recall with its interval, and F1."""

import numpy as np
import pandas as pd
from jaxtyping import Int

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
    recalls = _recalls(s, models, confidence)
    rows = []
    for name, counts in confusions.items():
        right, actual, called = counts.diagonal(), counts.sum(1), counts.sum(0)
        for label, class_ in enumerate(s.classes):
            precision = right[label] / max(1, called[label])
            f1 = 2 * right[label] / max(1, actual[label] + called[label])
            recall = recalls.get((name, label), (None, None, None))
            rows.append([name, class_, int((s.labels == label).sum()), precision, *recall, f1])
    return pd.DataFrame(rows, columns=COLUMNS).round(6)


def _recalls(
    s: Scored, models: dict[str, list[Run]], confidence: float
) -> dict[tuple[str, int], tuple[float, float | None, float | None]]:
    """The recall of each class that has a scored clip, and the ends of its interval, by model and class."""
    hits = {name: held_out.hits(s.labels, runs) for name, runs in models.items()}
    tallies = {}
    for label in np.unique(s.labels).tolist():
        of_class = s.labels == label
        units = pd.factorize(s.units[of_class])[0]
        for name, (right, n) in hits.items():
            tallies[name, label] = share.tally(right[of_class] / n[of_class], n[of_class], units)
    ends = share.intervals(list(tallies.values()), confidence)
    return {
        of: (float(tally.estimate[0]), low, high)
        for (of, tally), (low, high) in zip(tallies.items(), ends, strict=True)
    }
