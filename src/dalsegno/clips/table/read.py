"""Read a table of clips, CSV, TSV, JSON Lines or Parquet, as text in rows that know their place."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet

from dalsegno.artefacts.data_set import user_csv
from dalsegno.clips.tree import layout
from dalsegno.pipeline.errors import UserError


def read(path: Path) -> pd.DataFrame:
    """The rows of a table, every cell text, empty where there is none; the index is the line, or the row of a Parquet file.

    A cell that holds several values, of JSON Lines or Parquet, stays as it is, for whoever asks for its column to refuse.
    Raises UserError naming file and line where the table is malformed.
    """
    match path.suffix.lower():
        case ".csv":
            return user_csv.read(path)
        case ".tsv":
            return user_csv.read(path, "\t")
        case ".jsonl" | ".ndjson":
            return _lines(path)
        case ".parquet":
            return _parquet(path)
    raise UserError(f"{path}: expected a table, {', '.join(layout.TABLES)}, got the suffix {path.suffix!r}")


def place(path: Path, row: int) -> str:
    """Where a row of `read` stands, for messages."""
    return f"{path}, {'row' if path.suffix.lower() == '.parquet' else 'line'} {row}"


def _lines(path: Path) -> pd.DataFrame:
    rows, numbers = [], []
    try:
        for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), 1):
            if line.strip():
                rows.append(_object(line, place(path, number)))
                numbers.append(number)
    except UnicodeDecodeError:
        raise UserError(user_csv.not_utf8(path)) from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    return pd.DataFrame(rows, index=numbers, dtype=object).fillna("")


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not JSON: {error}") from None
    if not isinstance(row, dict):
        raise UserError(f'{where}: expected an object, {{"path": …}}, got {line[:40]!r}')
    return {key: _text(value) for key, value in row.items()}


def _parquet(path: Path) -> pd.DataFrame:
    try:
        table = pyarrow.parquet.read_table(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise UserError(f"{path} cannot be read as Parquet: {error}") from None
    columns = {name: [_text(value) for value in table[name].to_pylist()] for name in table.column_names}
    return pd.DataFrame(columns, index=range(1, table.num_rows + 1), dtype=object)


def _text(value: Any) -> Any:
    """A cell as a CSV would have it, 7 of 7.0, nothing of null; as it is where a CSV could not have it, such as a list."""
    if value is None or value != value:
        return ""
    if isinstance(value, (list, dict, bytes)):
        return value
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
