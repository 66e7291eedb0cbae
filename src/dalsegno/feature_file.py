"""features.parquet, written as its rows come: clip_id, segment, then one float32 column a figure."""

from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dalsegno import files
from dalsegno.params import UserError

GROUP = 1000  # rows written together: memory does not grow with the number of clips


def write(path: str | Path, rows: Iterable[tuple[str, int, dict[str, float]]]) -> None:
    """Write (clip_id, segment, figure by column) in the order given.

    Every row has the columns of the first. Raises UserError if there is no row.
    """
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        raise UserError(f"{path}: there is no clip to write features of")
    names = list(first[2])
    schema = pa.schema([("clip_id", pa.string()), ("segment", pa.int64()), *((name, pa.float32()) for name in names)])
    # A row waits for its group as an array, a thirtieth of its dictionary.
    waiting = ((*at, np.array([row[name] for name in names], np.float32)) for *at, row in chain([first], rows))
    with files.atomic(path) as draft, pq.ParquetWriter(draft, schema) as writer:
        while some := list(islice(waiting, GROUP)):
            clip_ids, segments, figures = zip(*some, strict=True)
            columns = [list(clip_ids), list(segments), *np.stack(figures, axis=1)]
            writer.write_table(pa.table(columns, schema=schema))
