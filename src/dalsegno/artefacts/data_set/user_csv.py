"""Tables that people hand in: cells as text, each row with its line, and a plain message if a table is malformed."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from dalsegno.pipeline.errors import UserError

CLIPS = ("clip_id", "path", "filename", "file", "clip", "id")
"""Columns that may name a clip; the first that a table has does."""
LABELS = ("label", "predicted", "class", "genre")
"""Columns that may hold its class."""


def read(path: str | Path, delimiter: str = ",") -> pd.DataFrame:
    """The rows of a CSV, every cell text; the index is the line on which a row ends. Blank lines count and are skipped.

    delimiter: what stands between cells. Raises UserError with file and line if it is no UTF-8 text, has no header, names
    a column twice, or has a row of another length than the header.
    """
    rows = _rows(Path(path), delimiter)
    _, header = next(rows, (1, []))
    if not header:
        raise UserError(f"{path}, line 1: expected the names of columns, got an empty file")
    twice = [name for i, name in enumerate(header) if name in header[:i]]
    if twice:
        raise UserError(f"{path}, line 1: the column {twice[0]!r} is there a second time")
    lines, cells = [], []
    for line, row in rows:
        if len(row) != len(header):
            raise UserError(f"{path}, line {line}: expected {len(header)} cells ({_abridged(header)}), got {len(row)}")
        lines.append(line)
        cells.append(row)
    return pd.DataFrame(cells, columns=header, index=lines, dtype=str)


def _rows(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line on which each row that is not blank ends, and its cells."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as text:
            reader = csv.reader(text, delimiter=delimiter, strict=True)
            yield from ((reader.line_num, row) for row in reader if row)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        wrong = error.object[error.start]
        raise UserError(f"{path}: expected text in UTF-8, got the byte {wrong:#04x}; save it as UTF-8") from None
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: not a CSV: {error}") from None


def _abridged(header: list[str]) -> str:
    """The first four names of columns."""
    return ", ".join(header[:4]) + (", …" if len(header) > 4 else "")
