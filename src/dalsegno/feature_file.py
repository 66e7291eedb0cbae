"""features.parquet, written as its rows come: clip_id, segment, then one float32 column a figure."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dalsegno import files
from dalsegno.params import UserError

GROUP = 1000  # rows written together: memory does not grow with the number of clips


def write(path: str | Path, rows: Iterable[tuple[str, dict[str, float]]]) -> None:
    """Write (clip_id, figure by column) in the order given, segment 0: the whole clip.

    Every row has the columns of the first. Raises UserError if there is no row.
    """
    groups = iter(_groups(iter(rows)))
    first = next(groups, None)
    if first is None:
        raise UserError(f"{path}: there is no clip to write features of")
    with files.atomic(path) as draft, pq.ParquetWriter(draft, first.schema) as writer:
        writer.write_table(first)
        for group in groups:
            writer.write_table(group)


def _groups(rows: Iterator[tuple[str, dict[str, float]]]) -> Iterator[pa.Table]:
    while some := list(islice(rows, GROUP)):
        clip_ids, figures = zip(*some, strict=True)
        keys = {"clip_id": pa.array(clip_ids, pa.string()), "segment": pa.array([0] * len(some), pa.int64())}
        yield pa.table(keys | {c: pa.array([row[c] for row in figures], pa.float32()) for c in figures[0]})
