"""features.parquet and embeddings.parquet: clip_id, segment, and one float32 column per feature; written row by row.

The file itself says, in its metadata, by which settings its features were computed from sound.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dalsegno.artefacts.learning import pieces
from dalsegno.pipeline import files
from dalsegno.pipeline.errors import UserError

SETTINGS = b"dalsegno.settings"  # key in the file's metadata
GROUP = 1000  # rows written together, so that memory does not grow with the number of clips


@dataclass(frozen=True)
class FeatureTable:
    """Features of clips or of pieces of clips.

    x: float32 (n_rows, n_features). clip_ids (n_rows,): the clip each row belongs to, sorted. names: of the columns of x.
    views (n_rows,): 0, or the number of an augmented view, which is only trained on and never predicted from.
    settings: by which the features were computed from sound, plain data; None where they were computed elsewhere.
    """

    x: np.ndarray
    clip_ids: np.ndarray
    names: list[str]
    views: np.ndarray
    settings: dict[str, Any] | None = None


def write(
    path: str | Path, rows: Iterable[tuple[str, int, dict[str, float]]], settings: dict[str, Any] | None = None
) -> None:
    """Write (clip_id, segment, value by feature) in the order given.

    Every row has the columns of the first. settings: as in FeatureTable. Raises UserError if there is no row.
    """
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        raise UserError(f"{path}: there is no clip to write features of")
    names = list(first[2])
    columns = [("clip_id", pa.string()), ("segment", pa.int64()), *((name, pa.float32()) for name in names)]
    schema = pa.schema(columns, metadata={SETTINGS: json.dumps(settings).encode()})
    # A row waits for its group as an array, a thirtieth of its dictionary.
    waiting = ((*at, np.array([row[name] for name in names], np.float32)) for *at, row in chain([first], rows))
    with files.atomic(path) as draft, pq.ParquetWriter(draft, schema) as writer:
        while group := list(islice(waiting, GROUP)):
            clip_ids, segments, values = zip(*group, strict=True)
            columns = [list(clip_ids), list(segments), *np.stack(values, axis=1)]
            writer.write_table(pa.table(columns, schema=schema))


def read(path: str | Path, keep: set[str]) -> FeatureTable:
    """The rows of the clips, or pieces of clips, in `keep`. Raises UserError if there is none, or a value is not finite.

    A table with n segments per clip has the pieces `clip#0/n` … that a leaky split deals out one by one.
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
    return FeatureTable(x, rows["clip_id"].to_numpy(), names, rows["view"].to_numpy(), _settings(path))


def _settings(path: str | Path) -> dict[str, Any] | None:
    metadata = pq.read_schema(path).metadata or {}
    return json.loads(metadata.get(SETTINGS, b"null"))


def _in_pieces(rows: pd.DataFrame, keep: set[str], path: str | Path) -> pd.DataFrame:
    """`rows` with the pieces in `keep` in place of the clips they are of."""
    n = rows.groupby("clip_id")["segment"].transform("nunique")
    names = [pieces.name(c, k, n) for c, k, n in zip(rows["clip_id"], rows["segment"], n, strict=True)]
    clips, here = set(rows["clip_id"]), set(names) | set(rows["clip_id"])
    missing = sorted(i for i in keep if pieces.clip_of(i) in clips and i not in here)
    if missing:
        clip, _, wanted = pieces.place(missing[0])
        raise UserError(
            f"{path}: the splits deal out {wanted} pieces of clip {clip}, which has {n[rows['clip_id'] == clip].iloc[0]} "
            "segments here; set features.segments, or the view of the embeddings, so that there are as many"
        )
    return rows.assign(clip_id=rows["clip_id"].where(rows["clip_id"].isin(keep), names))
