"""A table of figures per clip or segment, as arrays: features.parquet, and the embeddings of a frozen backbone."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dalsegno import pieces
from dalsegno.params import UserError


@dataclass(frozen=True)
class FeatureTable:
    """x: float32 (row, feature); clip_ids: the clip each row belongs to, sorted; names: of the columns of x.

    views (row,): 0, or the number of an augmented view, which is there to train on and not to be predicted from.
    """

    x: np.ndarray
    clip_ids: np.ndarray
    names: list[str]
    views: np.ndarray


def read(path: str | Path, keep: set[str]) -> FeatureTable:
    """The rows of the clips, or pieces of clips, in `keep`. Raises UserError if there are none, or one is not finite.

    A table of n segments a clip has the pieces `clip#0/n` … that a leaky split deals out one by one.
    """
    rows = pd.read_parquet(path)
    if "view" not in rows:
        rows["view"] = 0
    if any(pieces.place(i)[2] > 1 for i in keep):
        rows = _in_pieces(rows, keep, path)
    rows = rows[rows["clip_id"].isin(keep)].sort_values(["clip_id", "segment", "view"], ignore_index=True)
    if rows.empty:
        raise UserError(f"{path}: none of its clips is in the splits")
    names = [c for c in rows.columns if c not in ("clip_id", "segment", "view")]
    x = np.ascontiguousarray(rows[names].to_numpy(np.float32))  # a frame lies column by column, but rows are taken
    if not np.isfinite(x).all():
        row, column = np.argwhere(~np.isfinite(x))[0]
        raise UserError(f"{path}: {names[column]} of clip {rows['clip_id'][row]} is {x[row, column]}")
    return FeatureTable(x, rows["clip_id"].to_numpy(), names, rows["view"].to_numpy())


def _in_pieces(rows: pd.DataFrame, keep: set[str], path: str | Path) -> pd.DataFrame:
    """`rows` with the pieces in `keep` in place of the clips they are of."""
    n = rows.groupby("clip_id")["segment"].transform("nunique")
    names = [pieces.name(c, k, n) for c, k, n in zip(rows["clip_id"], rows["segment"], n, strict=True)]
    clips, here = set(rows["clip_id"]), set(names) | set(rows["clip_id"])
    lost = sorted(i for i in keep if pieces.clip_of(i) in clips and i not in here)
    if lost:
        clip, _, wanted = pieces.place(lost[0])
        raise UserError(
            f"{path}: the splits deal out {wanted} pieces of clip {clip}, which has {n[rows['clip_id'] == clip].iloc[0]} "
            "segments here; set features.segments, or the view of the embeddings, so that there are as many"
        )
    return rows.assign(clip_id=rows["clip_id"].where(rows["clip_id"].isin(keep), names))
