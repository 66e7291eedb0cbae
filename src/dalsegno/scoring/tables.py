"""The rows that plots are drawn from: confusions and training curves."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Int

from dalsegno.pipeline import files

CURVES = ["train_loss", "val_loss", "val_accuracy"]


def confusion_rows(name: str, counts: Int[np.ndarray, "n_classes n_classes"], classes: list[str]) -> pd.DataFrame:
    """model, actual, predicted, clips (summed over runs), share of the clips of that actual class (empty: it has none)."""
    k = len(classes)
    total = counts.sum(1, keepdims=True)
    share = np.where(total > 0, counts / np.maximum(total, 1), np.nan).round(4)
    return pd.DataFrame(
        {
            "model": name,
            "actual": np.repeat(classes, k),
            "predicted": np.tile(classes, k),
            "clips": counts.ravel(),
            "share": share.ravel(),
        }
    )


def curves(name: str, folder: str | Path) -> pd.DataFrame:
    """model, run, epoch and CURVES of the runs that DVCLive logged in `folder`; no row if it logged none."""
    columns = {}
    for metric in CURVES:
        for path in sorted(Path(folder, "plots", "metrics", metric).glob("*.tsv")):
            logged = pd.read_csv(path, sep="\t")
            columns.setdefault(path.stem, {})[metric] = logged.set_index("step")[path.stem]
    frames = [
        pd.DataFrame(c, columns=CURVES).rename_axis("epoch").reset_index().assign(model=name, run=run)
        for run, c in sorted(columns.items())
    ]
    order = ["model", "run", "epoch", *CURVES]
    return pd.concat(frames)[order] if frames else pd.DataFrame(columns=order)


def write_csv(path: str | Path, tables: list[pd.DataFrame]) -> None:
    """Write the tables one below the other under one header."""
    rows = pd.concat([t for t in tables if len(t)] or tables[:1], ignore_index=True)
    with files.atomic(path) as draft:
        rows.to_csv(draft, index=False, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
