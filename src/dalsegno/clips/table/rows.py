"""From the rows of a table to clips: paths that lead somewhere, labels, groups, published parts, and pieces of long files."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pandas as pd

from dalsegno.artefacts.data_set.clip_names import plain
from dalsegno.artefacts.data_set.user_csv import PART
from dalsegno.clips.dataset import Clip, Params
from dalsegno.clips.table import read
from dalsegno.clips.table.columns import Columns
from dalsegno.clips.table.files import Files
from dalsegno.clips.tree.ids import ids
from dalsegno.pipeline.errors import UserError, hint
from dalsegno.sound import excerpt

FIELD = re.compile(r"\{([^{}]+)\}")
FOLDER = "table_folder"  # what `{table_folder}` stands for: the folder that the table lies in, below the root
NUMBER = re.compile(r"(\d+)(?:\.0+)?")  # of a fold; a column of whole numbers with gaps has 2.0 in place of 2
NO_FOLD = ("nan", "none", "null", "na", "n/a", "<na>", "nat")


@dataclass(frozen=True)
class Row:
    """A row of a table, found among the files."""

    where: str
    inside: str  # the file's path below the root, accents composed
    start_s: float
    end_s: float | None
    clip: Clip  # its id is not given yet

    @property
    def cut(self) -> bool:
        """Whether the clip is a piece of its file."""
        return self.start_s > 0 or self.end_s is not None


def clips(table: Path, frame: pd.DataFrame, files: Files, columns: Columns) -> list[Row]:
    """The clips of the rows of one table, in their order.

    Raises UserError for a column that is not there, a part, time or label that is none, and if no path leads to a file.
    """
    folder = table.parent.relative_to(files.root).as_posix().removeprefix(".")
    places = [read.place(table, number) for number in frame.index]
    cells = {name: _cells(table, frame, folder, name, column) for name, column in _stated(columns)}
    _refuse_nested(cells, places)
    made = [_row(files, folder, place, row) for place, row in zip(places, _dicts(cells), strict=True)]
    if made and all(row.clip.fault for row in made):
        first = made[0]
        raise UserError(
            f"{table}: none of its {len(made)} paths leads to a file below {str(files.root)!r}; the first is "
            f"{first.inside!r}{files.nearest(first.inside)}"
        )
    return made


def named(rows: list[Row]) -> Iterator[Clip]:
    """The clips of all tables with their ids. Raises UserError for a clip that is there twice, or pieces kept apart."""
    _refuse_twice(rows)
    for name, row in zip(ids([_piece(row) for row in rows]), rows, strict=True):
        path = excerpt.name(row.clip.path, row.start_s, row.end_s) if row.cut else row.clip.path
        yield replace(row.clip, id=name, path=path)


def mapped(rows: list[Row], p: Params) -> list[Row]:
    """The rows with their labels by `dataset.labels`. Raises UserError for a label there that no row has."""
    if not p.labels:
        return rows
    known = {row.clip.label for row in rows if row.clip.label}
    for raw in p.labels:
        if raw not in known:
            raise UserError(f"params.yaml: dataset.labels: no row is labelled {raw!r}{hint(raw, sorted(known))}")
    new = {raw: normalize("NFC", name).strip() for raw, name in p.labels.items()}
    labels = [new.get(row.clip.label or "", row.clip.label) or None for row in rows]
    return [replace(row, clip=replace(row.clip, label=label)) for row, label in zip(rows, labels, strict=True)]


def _stated(columns: Columns) -> list[tuple[str, str]]:
    names = [field.name for field in fields(Columns)]
    return [(name, column) for name in names if (column := getattr(columns, name))]


def _cells(table: Path, frame: pd.DataFrame, folder: str, name: str, column: str) -> list[Any]:
    """What a column says in each row; a text with names in braces is filled in."""
    wanted = [column] if column in frame else FIELD.findall(column) or [column]
    for missing in wanted:
        if missing not in frame and missing != FOLDER:
            raise UserError(
                f"{table}: there is no column {missing!r}, which params.yaml names in dataset.columns.{name}"
                f"{hint(missing, list(frame.columns))}; there are: {', '.join(map(str, frame.columns))}"
            )
    if column in frame:
        return frame[column].tolist()
    values = [frame[field].tolist() if field in frame else [folder] * len(frame) for field in wanted]
    if column == FOLDER:
        return values[0]
    rows = map(iter, zip(*values, strict=True))
    return [FIELD.sub(lambda _, cells=cells: str(next(cells)), column) for cells in rows]


def _refuse_nested(cells: dict[str, list[Any]], places: list[str]) -> None:
    """Raise UserError for a cell that is not text or a number."""
    for name, column in cells.items():
        for place, value in zip(places, column, strict=True):
            if not isinstance(value, str):
                raise UserError(
                    f"{place}: expected one value in the column of the {name}, got {type(value).__name__} {str(value)[:40]}; "
                    "write a table with one text or number per cell"
                )


def _dicts(cells: dict[str, list[str]]) -> Iterator[dict[str, str]]:
    return (dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True))


def _row(files: Files, folder: str, where: str, cells: dict[str, str]) -> Row:
    start_s, end_s = _seconds(cells, "start_s", where) or 0.0, _seconds(cells, "end_s", where)
    if end_s is not None and end_s <= start_s:
        raise UserError(f"{where}: a clip must end after it starts, got start_s {start_s:g} and end_s {end_s:g}")
    if not cells["path"].strip():
        raise UserError(f"{where}: its path is empty")
    found = files.find(cells["path"], folder, where)
    inside = found or plain(cells["path"]).lstrip("/")
    if inside.startswith("../"):
        raise UserError(
            f"{where}: {cells['path']!r} leads out of the data set's folder {str(files.root)!r}; put the file there"
        )
    path = files.paths[found] if found else files.root / inside
    fault = None if found else f"missing: {where} names it, and it is not there{files.but_for_case(inside)}"
    label, second_label, group = (
        normalize("NFC", cells.get(name, "").strip()) or None for name in ("label", "second_label", "group")
    )
    clip = Clip("", path, label, group, _part(cells, where), second_label, fault)
    return Row(where, inside, start_s, end_s, clip)


def _seconds(cells: dict[str, str], name: str, where: str) -> float | None:
    text = cells.get(name, "").strip()
    try:
        value = float(text) if text else None
    except ValueError:
        value = math.nan
    if value is not None and not 0 <= value < math.inf:
        raise UserError(f"{where}: expected {name} in seconds, 0 or more, got {text!r}")
    return value


def _part(cells: dict[str, str], where: str) -> str | None:
    """train, valid or test; `fold 3` of a clip that the third fold tests."""
    if fold := cells.get("fold", "").strip():
        if fold.startswith("-") or fold.casefold() in NO_FOLD:
            raise UserError(f"{where}: expected the fold that tests the clip, or nothing, got {fold!r}")
        number = NUMBER.fullmatch(fold)
        return f"fold {int(number[1]) if number else fold}"
    stated = cells.get("split", "").strip()
    if stated.casefold() not in PART:
        raise UserError(f"{where}: expected train, valid, test or nothing in the column of the split, got {stated!r}")
    return PART[stated.casefold()] or None


def _piece(row: Row) -> Path:
    """The path that a clip's id is made of: `concert.12.5-20.flac` for a piece of a file."""
    path = Path(row.inside)
    if not row.cut:
        return path
    end = "end" if row.end_s is None else f"{row.end_s:g}"
    return path.with_name(f"{path.stem}.{row.start_s:g}-{end}{path.suffix}")


def _refuse_twice(rows: list[Row]) -> None:
    seen: dict[tuple, Row] = {}
    for row in rows:
        first = seen.setdefault((row.inside, row.start_s, row.end_s), row)
        if first is not row:
            raise UserError(f"{row.where}: {row.inside!r} is there already, in {first.where}")
    groups: dict[str, Row] = {}
    for row in rows:
        first = groups.setdefault(row.inside, row)
        if row.clip.group != first.clip.group:
            raise UserError(
                f"{row.where}: {row.inside!r} is in group {row.clip.group!r} and, by {first.where}, in "
                f"{first.clip.group!r}; pieces of one file must share a group"
            )
