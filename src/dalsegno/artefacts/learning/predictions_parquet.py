"""predictions.parquet: a model's probabilities for every clip, fold and seed. The one schema; no scores.

segments.parquet: its probabilities for each window of the held-out clips, if it saw any clip in more than one window.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float, Int

from dalsegno.pipeline import files
from dalsegno.pipeline.errors import UserError, counted

KEYS = ["clip_id", "fold", "seed", "split", "label"]


def frame(
    splits: pd.DataFrame, fold: int, seed: int, clip_ids: list[str] | np.ndarray, p: np.ndarray, classes: list[str]
) -> pd.DataFrame:
    """Rows of one fold and seed, one per clip or window.

    p: probabilities [shape=(n_rows, n_classes)], in the order of `clip_ids` and `classes`. Raises KeyError if `splits`
    lacks one of the clips.
    """
    assigned = splits.set_index("clip_id").loc[clip_ids]
    rows = pd.DataFrame(
        {
            "clip_id": clip_ids,
            "fold": fold,
            "seed": seed,
            "split": assigned[f"fold{fold}"].to_numpy(),
            "label": assigned["label"].to_numpy(),
        }
    )
    return rows.join(pd.DataFrame(p.astype(np.float32), columns=[f"p_{c}" for c in classes]))


def write(path: str | Path, frames: list[pd.DataFrame]) -> None:
    """Write the rows of all folds and seeds, ordered by fold, seed and clip_id. Raises ValueError on a bad probability."""
    rows = pd.concat(frames).sort_values(["fold", "seed", "clip_id"], ignore_index=True)
    if len(clips := unsound(rows)):
        raise ValueError(f"{path}: the probabilities of clip {clips[0]} must be finite and sum to 1")
    with files.atomic(path) as draft:
        rows.to_parquet(draft, index=False)


class Segments:
    """segments.parquet, written run by run, so that no more than one run's windows are ever in memory.

    A context: at its end there is a file only if some clip had more than one window.
    """

    def __init__(self, path: str | Path) -> None:
        self.path, self.writer, self.several = Path(path), None, False

    def __enter__(self) -> "Segments":
        return self

    def add(self, rows: pd.DataFrame) -> None:
        """Append one fold and seed: the columns of `frame`, one row per window, those of a clip in order of time."""
        rows = rows[rows["split"].isin(["valid", "test"])]
        number = rows.groupby("clip_id").cumcount()
        rows = rows.assign(segment=number)[[*KEYS[:3], "segment", *rows.columns[3:]]]
        self.several |= bool((number > 0).any())
        table = pa.Table.from_pandas(rows.sort_values(["clip_id", "segment"]), preserve_index=False)
        self.writer = self.writer or pq.ParquetWriter(self.path, table.schema)
        self.writer.write_table(table)

    def __exit__(self, *error: object) -> None:
        if self.writer:
            self.writer.close()
        if not self.several:
            self.path.unlink(missing_ok=True)


def read(path: str | Path) -> pd.DataFrame:
    """The rows that `write` wrote.

    Raises ValueError if a column is missing, UserError if probabilities are not from 0 to 1 with a sum of 1.
    """
    with pq.ParquetFile(path) as file:
        rows = file.read().to_pandas()
    missing = [c for c in KEYS if c not in rows]
    if missing or not classes(rows):
        raise ValueError(f"{path}: not a table of predictions; it lacks {missing or 'p_<class> columns'}")
    if len(clips := unsound(rows)):
        raise UserError(
            f"{path}: the probabilities of {counted(len(clips), 'row')}, such as one of clip {clips[0]}, are not numbers from 0 to 1 "
            "with a sum of 1; delete the file, and dvc repro makes it again"
        )
    return rows


def unsound(rows: pd.DataFrame) -> list[str]:
    """The clip of each row whose probabilities are not numbers from 0 to 1 that sum to 1, to a thousandth."""
    p = rows[[f"p_{c}" for c in classes(rows)]].to_numpy(np.float64)
    sound = (p >= -1e-3).all(1) & (np.abs(p.sum(1) - 1) <= 1e-3)  # NaN is neither
    return rows.loc[~sound, "clip_id"].tolist()


def classes(rows: pd.DataFrame) -> list[str]:
    """Names of the classes, in the order of the probability columns."""
    return [c.removeprefix("p_") for c in rows.columns if c.startswith("p_")]


def mean_per_clip(
    p: Float[np.ndarray, "row label"], place: Int[np.ndarray, " row"], n_clips: int
) -> Float[np.ndarray, "clip label"]:
    """Mean probabilities, float64, of each clip over the rows that are of it: its windows, segments, seeds or repeats.

    place: the clip of each row, from 0 to n_clips - 1; every clip has at least one row.
    """
    total = np.zeros((n_clips, p.shape[1]))
    np.add.at(total, place, p.astype(np.float64))
    return total / np.bincount(place, minlength=n_clips)[:, None]
