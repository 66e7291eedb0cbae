"""Tables that people hand in: cells as text, each row with its line, and a plain message if a table is malformed."""

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd

from dalsegno.pipeline.errors import UserError, listed

CLIPS = ("clip_id", "path", "filename", "file_name", "file", "clip", "id")
"""Columns that may name a clip, in whatever case; the first that a table has does."""
LABELS = ("label", "predicted", "class", "genre")
"""Columns that may hold its class."""
PART = {
    **dict.fromkeys(("train", "training", "dev-train"), "train"),
    **dict.fromkeys(("valid", "val", "validation", "dev", "development"), "valid"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
    **dict.fromkeys(("unlabelled", "unlabeled", ""), ""),
}
"""What people call the parts of a split, in whatever case, and what they are called here; empty: in none."""


def read(path: str | Path, delimiter: str | None = None) -> pd.DataFrame:
    """The rows of a CSV, every cell text; the index is the line on which a row ends. Blank rows count and are skipped.

    delimiter: what stands between cells; None: commas or, where the header has none, the semicolons or tabs that
    spreadsheets write in some countries. Columns that have neither a name nor a cell with something in it are dropped.
    Raises UserError with file and line if it is no UTF-8 text, has no header, names a column twice, or has a row of another
    length than the header.
    """
    rows = _rows(Path(path), delimiter or _delimiter(Path(path)))
    _, header = next(rows, (1, []))
    header = [name.strip() for name in header]
    if not header:
        raise UserError(f"{path}, line 1: expected the names of columns, got an empty file")
    lines, cells = [], []
    for line, row in rows:
        if len(row) != len(header):
            raise UserError(f"{path}, line {line}: expected {len(header)} cells ({listed(header, 4)}), got {len(row)}")
        lines.append(line)
        cells.append(row)
    table = pd.DataFrame(cells, columns=header, index=lines, dtype=str)
    table = table.loc[:, [bool(name) or any(table.iloc[:, i]) for i, name in enumerate(header)]]
    if (twice := table.columns[table.columns.duplicated()]).size:
        raise UserError(f"{path}, line 1: the column {twice[0]!r} is there a second time")
    return table


def called(table: pd.DataFrame, names: Collection[str]) -> list[str]:
    """The columns of `table` that have one of `names`, in whatever case; in the order of `names`."""
    return [column for name in names for column in table if column.casefold() == name]


def _delimiter(path: Path) -> str:
    _, header = next(_rows(path, ","), (1, []))
    return next((mark for mark in ";\t" if len(header) == 1 and mark in header[0]), ",")


def _rows(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line on which each row that is not blank ends, and its cells."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as text:
            reader = csv.reader(text, delimiter=delimiter, strict=True)
            yield from ((reader.line_num, row) for row in reader if any(map(str.strip, row)))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UserError(not_utf8(path)) from error
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: not a CSV: {error}") from None


def not_utf8(path: Path) -> str:
    """What is to be said of a file that is not text in UTF-8, with the first line that is not."""
    content = path.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return f'{path}, line 1: expected text in UTF-8, got UTF-16, which is Excel\'s "Unicode text"; save it as UTF-8'
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return (
            f"{path}, line {line}: expected text in UTF-8, got the byte {content[error.start]:#04x}; save it as UTF-8"
        )
    return f"{path}: expected text in UTF-8, and it has changed since; try again"
