"""The sample of a submission that a competition hands out: its columns, ids and order are those of every submission.

Oddities that do no harm are taken as they are: placeholders in place of labels, blank lines, ids with another suffix than
the files have, and text in UTF-16 or Latin-1.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.pipeline.errors import UserError, counted, hint

NAME = "sample_submission.csv"
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")


@dataclass(frozen=True)
class Layout:
    """The form of a submission. columns: names of the id and the label. rows: in order, an id, its clip_id, and the label
    that the sample gives it."""

    columns: tuple[str, str]
    rows: list[tuple[str, str, str]]


@dataclass(frozen=True)
class _Row:
    where: str  # file and line
    line: int
    id: str
    label: str


def layout(sample: Path, clips: pd.DataFrame, classes: list[str]) -> Layout:
    """The form that a submission must have. clips: rows of clips.csv without label, excluded ones too.

    Without a sample the columns are `id,label`, the id is the file's name (its path where two files share a name).
    Raises UserError with file and line where the sample does not fit the clips to predict or the classes.
    """
    wanted = clips[clips["excluded"] == ""]
    if not sample.is_file():
        paths = sorted(zip(wanted["path"].map(_inside), wanted["clip_id"], strict=True))
        names = [PurePosixPath(path).name for path, _ in paths]
        ids = names if len(set(names)) == len(names) else [path for path, _ in paths]
        return Layout(("id", "label"), [(i, clip_id, "") for i, (_, clip_id) in zip(ids, paths, strict=True)])
    try:
        columns, rows = _read(sample)
    except (csv.Error, OSError) as error:
        raise UserError(f"{sample}: it cannot be read as a CSV: {error}") from None
    _check_labels(rows, classes)
    clip_ids = _clip_ids(rows, _spellings(clips[clips["excluded"] != ""]) | _spellings(wanted))
    lacking = wanted.loc[~wanted["clip_id"].isin(clip_ids), "path"].sort_values()
    if len(lacking):
        raise UserError(
            f"{sample}, line {rows[-1].line + 1 if rows else 2}: not there: "
            f"{len(lacking)} of {counted(len(wanted), 'clip')} to predict, the first {lacking.iloc[0]!r}"
        )
    return Layout(columns, [(row.id, clip_id, row.label) for row, clip_id in zip(rows, clip_ids, strict=True)])


def remarks(root: Path, table: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield a remark if `root` has a sample that no submission can be laid out like. table: all rows of clips.csv.

    It is known before anything is trained, and costs the submissions alone.
    """
    unlabelled = table[table["label"] == ""]
    if not (unlabelled["excluded"] == "").any():
        return
    try:
        layout(root / NAME, unlabelled, sorted(set(clips_csv.usable(table)["label"]) - {""}))
    except UserError as error:
        yield NAME, f"sample submission: {str(error).removeprefix(f'{root}/')}; there will be no submission"


def _read(sample: Path) -> tuple[tuple[str, str], list[_Row]]:
    """The two column names, and the rows that are not blank."""
    reader = csv.reader(io.StringIO(_text(sample.read_bytes()), newline=""))
    columns = next(reader, [])
    if len(columns) != 2:
        raise UserError(f"{sample}, line 1: expected two columns, an id and a label, got {','.join(columns)!r}")
    rows = []
    for cells in reader:
        where = f"{sample}, line {reader.line_num}"
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != 2:
            raise UserError(f"{where}: expected an id and a label, got {','.join(cells)!r}")
        rows.append(_Row(where, reader.line_num, *cells))
    return (columns[0], columns[1]), rows


def _text(raw: bytes) -> str:
    """UTF-8 or UTF-16 with or without a mark at its beginning, or else Latin-1; NUL characters are dropped."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    if raw[1:2] == b"\0" or raw[:1] == b"\0":
        return raw.decode("utf-16-le" if raw[1:2] == b"\0" else "utf-16-be", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _check_labels(rows: list[_Row], classes: list[str]) -> None:
    """Raise UserError at a label that is not a class, unless it is the one placeholder of the whole sample."""
    unknown = [row for row in rows if row.label.strip() and row.label.strip() not in classes]
    plain = {name.casefold() for name in classes}
    for row in unknown:
        if len({row.label.strip() for row in unknown}) > 1 or row.label.strip().casefold() in plain:
            raise UserError(
                f"{row.where}: expected a label as the training folders spell it, one of {', '.join(classes)}; "
                f"got {row.label!r}{hint(row.label, classes)}. A submission must spell labels as the sample does: rename "
                "the folders"
            )


def _clip_ids(rows: list[_Row], known: dict[str, str | None]) -> list[str]:
    """The clip of each row. Raises UserError where an id is that of no clip or of several, or of an earlier row's clip."""
    lines: dict[str, int] = {}
    for row in rows:
        name = next((n for n in _written(row.id) if n in known), row.id)
        clip_id = known.get(name)
        if clip_id is None:
            what = "names several clips" if name in known else f"is not one of them{hint(row.id, list(known))}"
            raise UserError(f"{row.where}: expected the file name of a clip to predict, but {row.id!r} {what}")
        if clip_id in lines:
            raise UserError(f"{row.where}: expected each clip once, but {row.id!r} is in line {lines[clip_id]} already")
        lines[clip_id] = row.line
    return list(lines)


def _written(name: str) -> Iterator[str]:
    """The ways in which a sample may mean a file: as it stands, and without a suffix, which may be another than ours."""
    composed = unicodedata.normalize("NFC", name.strip())
    yield composed
    yield clips_csv.bare(composed)
    yield _SUFFIX.sub("", composed)


def _spellings(clips: pd.DataFrame) -> dict[str, str | None]:
    """clip_id of each name that a sample may give to a clip; None where several clips go by it."""
    by_name: dict[str, str | None] = {}
    for clip_id, path in zip(clips["clip_id"], clips["path"], strict=True):
        file = PurePosixPath(path)
        names = {
            clip_id,
            path,
            _inside(path),
            file.name,
            file.stem,
            clips_csv.bare(path),
            clips_csv.bare(_inside(path)),
        }
        for name in {unicodedata.normalize("NFC", name) for name in names}:
            by_name[name] = clip_id if by_name.get(name, clip_id) == clip_id else None
    return by_name


def _inside(path: str) -> str:
    """`test/a/x.wav` → `a/x.wav`: the path below the folder that holds the clips to predict."""
    return path.split("/", 1)[-1]
