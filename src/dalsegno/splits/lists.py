"""Lists of clips and their parts, as people pass them around: train.txt and test.txt, or a CSV."""

import re
import unicodedata
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from dalsegno.artefacts.data_set import clips_csv, user_csv
from dalsegno.pipeline.errors import UserError, abridged, counted

_SHOWN = 20
_PART = {p: p for p in ("train", "valid", "test", "")} | {"val": "valid", "validation": "valid", "unlabelled": ""}


def read(source: str | Path) -> pd.DataFrame:
    """Columns name, where (file and line) and fold0, fold1, … (train, valid, test or empty); one row per listed clip.

    source: a folder of train.txt, test.txt and perhaps valid.txt, one clip per line; or a CSV of clip_id or path, and split,
    fold (the number of the fold that the clip is tested in) or fold0, fold1, …. Raises UserError with file and line.
    """
    source = Path(source)
    if not source.exists():
        raise UserError(
            f"params.yaml: splits.file: there is no {source}; expected a folder of train.txt and test.txt, or a CSV"
        )
    table = _folder(source) if source.is_dir() else _csv(source)
    if table.empty:
        raise UserError(f"{source}: it lists no clip")
    if (table.filter(like="fold") == "").all(axis=None):
        raise UserError(f"{source}: it puts no clip in train, valid or test")
    return table


def find(table: pd.DataFrame, clips: pd.DataFrame) -> np.ndarray:
    """Row (n_listed,) of each listed clip among `clips`, -1 if it is not there.

    A name may be a clip_id, a path, or either without folder or suffix, its accents composed or not; a path may begin
    further up, as an absolute one does. Raises UserError if it fits several clips, or if two lines name the same clip.
    """
    exact, loose = {}, {}
    for row, (clip_id, path) in enumerate(zip(clips["clip_id"], clips["path"], strict=True)):
        exact[clip_id] = exact[path] = row
        for name in {_composed(clip_id), *_shortened(path)}:
            loose.setdefault(name, []).append(row)
    rows, seen = np.full(len(table), -1), {}
    for i, (name, where) in enumerate(zip(table["name"], table["where"], strict=True)):
        written = (_composed(name), *_endings(name.replace("\\", "/")))
        hits = [exact[name]] if name in exact else next((loose[n] for n in written if n in loose), [])
        if len(hits) > 1:
            several = ", ".join(clips["path"].iloc[hits[:3]])
            raise UserError(f"{where}: {name!r} fits {len(hits)} clips ({several}); write the path")
        if hits and hits[0] in seen:
            raise UserError(f"{where}: {name!r} is the clip that {seen[hits[0]]} already names; a clip has one line")
        for row in hits:
            rows[i], seen[row] = row, where
    return rows


def refuse_missing(missing: pd.DataFrame, n_listed: int, source: str | Path) -> None:
    """Raise UserError with the first lines of a list that name no clip of the data, and their number."""
    lines = [f"{where}: {name!r}" for where, name in zip(missing["where"], missing["name"], strict=True)]
    shown = "\n  ".join(abridged(lines, _SHOWN))
    raise UserError(
        f"{source}: not in the data: {len(missing)} of its {counted(n_listed, 'clip')}\n  {shown}\n"
        "Mend the list, or give the reason in splits.allow_missing, such as classes that dataset.leave_out names or a "
        "dataset.per_class"
    )


def _composed(name: str) -> str:
    """`name` in one Unicode form: a Mac writes é as two characters, most other systems as one."""
    return unicodedata.normalize("NFC", name)


def _shortened(path: str) -> tuple[str, str]:
    """A path without its suffix, and without its folder either."""
    bare = clips_csv.bare(_composed(path))
    return bare, PurePosixPath(bare).name


def _endings(path: str) -> list[str]:
    """A path without its suffix, and without its first folder, its first two, and so on."""
    parts = clips_csv.bare(_composed(path)).split("/")
    return ["/".join(parts[i:]) for i in range(len(parts))]


def _folder(folder: Path) -> pd.DataFrame:
    for name in ("train.txt", "test.txt"):
        if not (folder / name).is_file():
            raise UserError(
                f"{folder / name}: no such file; splits.file is a folder of train.txt, test.txt and perhaps valid.txt"
            )
    rows = [
        (line.strip(), f"{path}, line {i}", part)
        for part in ("train", "valid", "test")
        for path in [folder / f"{part}.txt"]
        if path.is_file()
        for i, line in enumerate(_text(path).splitlines(), 1)
        if line.strip()
    ]
    return pd.DataFrame(rows, columns=["name", "where", "fold0"])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}, line {line}: expected text in UTF-8; save it as UTF-8") from None


def _csv(path: Path) -> pd.DataFrame:
    raw = user_csv.read(path)
    name = next((c for c in ("clip_id", "path") if c in raw), None)
    parts = sorted((c for c in raw if re.fullmatch("fold[0-9]+", c)), key=lambda c: int(c[4:]))
    parts = next(([c] for c in ("split", "fold") if c in raw), parts)
    if name is None or not parts:
        raise UserError(
            f"{path}, line 1: expected a column clip_id or path, and split, fold or fold0, fold1, …; "
            f"got {', '.join(raw.columns)}"
        )
    where = [f"{path}, line {line}" for line in raw.index]
    raw = raw.reset_index(drop=True)
    table = pd.DataFrame({"name": raw[name], "where": where})
    if parts == ["fold"]:
        return table.assign(**_tested_in(raw["fold"], where))
    return table.assign(**{f"fold{k}": _parts(raw[c], where) for k, c in enumerate(parts)})


def _parts(column: pd.Series, where: list[str]) -> pd.Series:
    for value, line in zip(column, where, strict=True):
        if value not in _PART:
            raise UserError(f"{line}: expected train, valid, test or nothing in column {column.name!r}, got {value!r}")
    return column.map(_PART)


def _tested_in(column: pd.Series, where: list[str]) -> dict[str, np.ndarray]:
    for value, line in zip(column, where, strict=True):
        if not re.fullmatch("[0-9]*", value):
            raise UserError(f"{line}: expected the number of a fold or nothing in column 'fold', got {value!r}")
    numbers = sorted({int(v) for v in column if v})
    if len(numbers) == 1:
        raise UserError(f"{where[0]}: column 'fold' has only one fold, so nothing is left to train on")
    value = column.map(lambda v: int(v) if v else -1).to_numpy()
    return {f"fold{k}": np.where(value == n, "test", np.where(value < 0, "", "train")) for k, n in enumerate(numbers)}
