"""The rows that plots are drawn from: accuracies with their intervals, confusions and training curves."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Int

from dalsegno.artefacts.learning import curves_csv
from dalsegno.pipeline import files
from dalsegno.scoring.statistics import ranking


def accuracies(models: dict[str, dict], leaky: bool) -> pd.DataFrame:
    """model, accuracy, low, high, balanced_accuracy, leaky, the best first; models: as in compare.json, leaky: all of them are."""
    ranked = ranking.ranked({name: model["accuracy"] for name, model in models.items()})
    names = {
        "accuracy": "accuracy",
        "accuracy_low": "low",
        "accuracy_high": "high",
        "balanced_accuracy": "balanced_accuracy",
    }
    return pd.DataFrame(
        [
            {"model": name}
            | {to: models[name][key] for key, to in names.items()}
            | {"leaky": leaky or bool(models[name].get("leaks"))}
            for name in ranked
        ]
    ).round(6)


def confusion_rows(name: str, counts: Int[np.ndarray, "n_classes n_classes"], classes: list[str]) -> pd.DataFrame:
    """model, actual, predicted, clips (summed over runs), share of the clips of that actual class (empty: it has none).

    A row for each cell that holds a clip, and for the diagonal: of 300 classes all cells would be ninety thousand rows per
    model, nearly all of them 0.
    """
    total = counts.sum(1, keepdims=True)
    share = np.where(total > 0, counts / np.maximum(total, 1), np.nan).round(4)
    actual, predicted = np.nonzero((counts > 0) | np.eye(len(classes), dtype=bool))
    names = np.array(classes, object)
    return pd.DataFrame(
        {
            "model": name,
            "actual": names[actual],
            "predicted": names[predicted],
            "clips": counts[actual, predicted],
            "share": share[actual, predicted],
        }
    )


def curves(name: str, run_dir: str | Path) -> pd.DataFrame:
    """model, and the columns of the model's curves.csv; no row if it is trained without epochs."""
    rows = curves_csv.read(Path(run_dir, "curves.csv"))
    return rows.assign(model=name)[["model", *rows.columns]]


def write_csv(path: str | Path, tables: list[pd.DataFrame]) -> None:
    """Write the tables one below the other under one header; a cell is empty where a table lacks the column."""
    rows = pd.concat([t for t in tables if len(t)] or tables[:1], ignore_index=True)
    with files.atomic(path) as draft:
        rows.to_csv(draft, index=False, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
