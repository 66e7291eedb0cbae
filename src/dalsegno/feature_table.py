"""A table of figures per clip or segment, as arrays: features.parquet, and the embeddings of a frozen backbone."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dalsegno import pieces
from dalsegno.params import UserError


@dataclass(frozen=True)
class FeatureTable:
    """x: float32 (row, feature); clip_ids: the clip each row belongs to, sorted; names: of the columns of x."""

    x: np.ndarray
    clip_ids: np.ndarray
    names: list[str]


def read(path: str | Path, keep: set[str]) -> FeatureTable:
    """The rows of the clips, or pieces of clips, in `keep`. Raises UserError if there are none, or one is not finite.

    A table of n segments a clip has the pieces `clip#0/n` … that a leaky split deals out one by one.
    """
    rows = pd.read_parquet(path)
    if any(pieces.place(i)[2] > 1 for i in keep):
        n = rows.groupby("clip_id")["segment"].transform("size")
        names = [pieces.name(c, k, n) for c, k, n in zip(rows["clip_id"], rows["segment"], n, strict=True)]
        rows["clip_id"] = rows["clip_id"].where(rows["clip_id"].isin(keep), names)
        if keep.isdisjoint(names):
            raise UserError(
                f"{path}: the splits deal out pieces of clips, and the features are of others; "
                "set features.segments to the number in splits.segments"
            )
    rows = rows[rows["clip_id"].isin(keep)].sort_values(["clip_id", "segment"], ignore_index=True)
    if rows.empty:
        raise UserError(f"{path}: none of its clips is in the splits")
    names = [c for c in rows.columns if c not in ("clip_id", "segment")]
    x = rows[names].to_numpy(np.float32)
    if not np.isfinite(x).all():
        row, column = np.argwhere(~np.isfinite(x))[0]
        raise UserError(f"{path}: {names[column]} of clip {rows['clip_id'][row]} is {x[row, column]}")
    return FeatureTable(x, rows["clip_id"].to_numpy(), names)
