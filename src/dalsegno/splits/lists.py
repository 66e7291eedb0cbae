"""Lists of clips and their parts, as people pass them around: train.txt and test.txt, or a CSV."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from dalsegno.artefacts.data_set import user_csv
from dalsegno.artefacts.data_set.clip_names import ClipNames
from dalsegno.pipeline.errors import UserError, abridged, counted

_SHOWN = 20


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

    `ClipNames` says what a name may be. Raises UserError if it fits several clips, or if two lines name the same clip.
    """
    names, rows, seen = ClipNames(clips), np.full(len(table), -1), {}
    for i, (name, where) in enumerate(zip(table["name"], table["where"], strict=True)):
        hits = names.rows(name)
        names.refuse_several(name, hits, where)
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


def _folder(folder: Path) -> pd.DataFrame:
    lists = _lists(folder)
    rows = [
        (line.strip(), f"{lists[part]}, line {i}", part)
        for part in ("train", "valid", "test")
        if part in lists
        for i, line in enumerate(_text(lists[part]).splitlines(), 1)
        if line.strip()
    ]
    return pd.DataFrame(rows, columns=["name", "where", "fold0"])


def _lists(folder: Path) -> dict[str, Path]:
    """The list of each part, whatever people call it: `val.txt` is that of valid. Raises UserError if there are two, or none."""
    lists: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        part = user_csv.PART.get(path.stem.casefold()) if path.suffix.lower() == ".txt" else None
        if part:
            if part in lists:
                raise UserError(
                    f"{folder}: {lists[part].name} and {path.name} are both lists of the {part} part; leave one"
                )
            lists[part] = path
    for part in ("train", "test"):
        if part not in lists:
            raise UserError(
                f"{folder / part}.txt: no such file; splits.file is a folder of train.txt, test.txt and perhaps valid.txt"
            )
    return lists


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(user_csv.not_utf8(path)) from None


def _csv(path: Path) -> pd.DataFrame:
    raw = user_csv.read(path)
    names = user_csv.called(raw, user_csv.CLIPS)
    numbered = sorted((c for c in raw if re.fullmatch("fold[0-9]+", c.casefold())), key=lambda c: int(c[4:]))
    parts = user_csv.called(raw, ("split", "fold"))[:1] or numbered
    if not names or not parts:
        raise UserError(
            f"{path}, line 1: expected a column clip_id or path, and split, fold or fold0, fold1, …; "
            f"got {', '.join(raw.columns)}"
        )
    where = [f"{path}, line {line}" for line in raw.index]
    raw = raw.reset_index(drop=True)
    table = pd.DataFrame({"name": raw[names[0]], "where": where})
    if parts[0].casefold() == "fold":
        return table.assign(**_tested_in(raw[parts[0]].str.strip(), where))
    return table.assign(**{f"fold{k}": _parts(raw[c], where) for k, c in enumerate(parts)})


def _parts(column: pd.Series, where: list[str]) -> pd.Series:
    plain = column.str.strip().str.casefold()
    for value, known, line in zip(column, plain.isin(user_csv.PART), where, strict=True):
        if not known:
            raise UserError(f"{line}: expected train, valid, test or nothing in column {column.name!r}, got {value!r}")
    return plain.map(user_csv.PART)


def _tested_in(column: pd.Series, where: list[str]) -> dict[str, np.ndarray]:
    for value, line in zip(column, where, strict=True):
        if not re.fullmatch(r"([0-9]+(\.0+)?)?", value):
            raise UserError(f"{line}: expected the number of a fold or nothing in column 'fold', got {value!r}")
    numbers = sorted({int(float(v)) for v in column if v})
    if len(numbers) == 1:
        raise UserError(f"{where[0]}: column 'fold' has only one fold, so nothing is left to train on")
    value = column.map(lambda v: int(float(v)) if v else -1).to_numpy()
    return {f"fold{k}": np.where(value == n, "test", np.where(value < 0, "", "train")) for k, n in enumerate(numbers)}
