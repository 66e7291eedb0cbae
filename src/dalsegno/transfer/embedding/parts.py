"""Finished parts of a table of embeddings: a run that was killed goes on from them, in little memory."""

import shutil
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dalsegno.pipeline import files

PARTS_PER_GROUP = 8  # a Parquet file is written and read one row group at a time

Rows = dict[str, np.ndarray]  # columns, and `e` (row, dim)


class Parts:
    """Finished parts of a table in a folder of their own; those that a run with another `key` left are deleted."""

    def __init__(self, folder: Path, key: str) -> None:
        self.folder, self.key, self.mark = folder, key, folder / "key"
        if not self.mark.is_file() or self.mark.read_text() != key:
            shutil.rmtree(folder, ignore_errors=True)

    def has(self, number: int) -> bool:
        """Whether the part was finished, now or by a run that was killed."""
        return self._path(number).is_file()

    def add(self, number: int, rows: Rows) -> None:
        """Keep a part."""
        if not self.mark.is_file():
            files.write_text(self.mark, self.key)
        with files.atomic(self._path(number)) as draft, draft.open("wb") as f:
            columns: dict[str, Any] = rows
            np.savez(f, **columns)

    def join(self, path: Path) -> None:
        """Write all parts, in order, as one table, a few at a time in memory."""
        paths = sorted(self.folder.glob("*.npz"))
        groups = (paths[i : i + PARTS_PER_GROUP] for i in range(0, len(paths), PARTS_PER_GROUP))
        tables = (_table(joined([dict(np.load(part)) for part in group])) for group in groups)
        first = next(tables)
        with pq.ParquetWriter(path, first.schema, use_dictionary=["clip_id"]) as writer:
            for table in chain([first], tables):
                writer.write_table(table)

    def remove(self) -> None:
        """Delete the parts."""
        shutil.rmtree(self.folder)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08d}.npz"


def joined(rows: Sequence[Rows]) -> Rows:
    """Rows end to end."""
    return {name: np.concatenate([block[name] for block in rows]) for name in rows[0]}


def _table(rows: Rows) -> pa.Table:
    e = rows.pop("e")
    columns = {f"e_{i:04d}": np.ascontiguousarray(e[:, i]) for i in range(e.shape[1])}
    return pa.table(rows | columns)
