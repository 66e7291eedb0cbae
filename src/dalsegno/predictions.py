"""predictions.parquet: what a model said of every clip, for each fold and seed. The one schema; no scores."""

from pathlib import Path

import numpy as np
import pandas as pd

from dalsegno import files

KEYS = ["clip_id", "fold", "seed", "split", "label"]


def frame(
    splits: pd.DataFrame, fold: int, seed: int, clip_ids: list[str], p: np.ndarray, classes: list[str]
) -> pd.DataFrame:
    """Rows of one fold and seed. p: probabilities (n_clips, n_classes) in the order of `clip_ids` and `classes`."""
    known = splits.set_index("clip_id").loc[clip_ids]
    rows = pd.DataFrame(
        {
            "clip_id": clip_ids,
            "fold": fold,
            "seed": seed,
            "split": known[f"fold{fold}"].to_numpy(),
            "label": known["label"].to_numpy(),
        }
    )
    return rows.join(pd.DataFrame(p.astype(np.float32), columns=[f"p_{c}" for c in classes]))


def write(path: str | Path, frames: list[pd.DataFrame]) -> None:
    """Write the rows of all folds and seeds, ordered by fold, seed and clip_id. Raises ValueError on a bad probability."""
    rows = pd.concat(frames).sort_values(["fold", "seed", "clip_id"], ignore_index=True)
    p = rows.drop(columns=KEYS).to_numpy()
    if not np.isfinite(p).all() or np.abs(p.sum(1) - 1).max() > 1e-3:
        raise ValueError(f"{path}: the probabilities of a clip must be finite and sum to 1")
    with files.atomic(path) as draft:
        rows.to_parquet(draft, index=False)


def read(path: str | Path) -> pd.DataFrame:
    """The rows that `write` wrote. Raises ValueError if a column is missing."""
    rows = pd.read_parquet(path)
    missing = [c for c in KEYS if c not in rows]
    if missing or not classes(rows):
        raise ValueError(f"{path}: not a table of predictions; it lacks {missing or 'p_<class> columns'}")
    return rows


def classes(rows: pd.DataFrame) -> list[str]:
    """Names of the classes, in the order of the probability columns."""
    return [c.removeprefix("p_") for c in rows.columns if c.startswith("p_")]
