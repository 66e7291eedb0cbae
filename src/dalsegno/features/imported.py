"""Features that somebody else computed: a CSV file with a column of clip names and columns of numbers.

Kaggle's GTZAN tables are read as they are: features_30_sec.csv (blues.00000.wav) and features_3_sec.csv, whose names
carry the number of the segment (blues.00000.0.wav). Their column `length` is left out: files of GTZAN were cut in
batches, so that of 577 clips all 51 of pop have 661,504 samples, and none of blues, classical, country, jazz and rock.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

import numpy as np
import pandas as pd
from jaxtyping import Float

from dalsegno.artefacts.data_set import clips_csv, user_csv
from dalsegno.artefacts.data_set.user_csv import CLIPS, LABELS
from dalsegno.pipeline import progress
from dalsegno.pipeline.errors import UserError, counted

LENGTHS = ("length", "duration", "duration_s")
"""Columns that say how long a file is: how it was cut, and not what it sounds like."""


def rows(source: str, clips: pd.DataFrame) -> Iterator[tuple[str, int, dict[str, float]]]:
    """(clip_id, segment, number by column) for those of `clips` that `source` has; prints how many those are.

    Raises UserError with file and line: no column of names, a name twice, a cell that is no finite number, or no row
    that names a clip of the data set.
    """
    table = _read(source)
    names = next(table[c] for c in CLIPS if c in table)
    features = table.drop(columns=[c for c in table if c in (*CLIPS, *LABELS, *LENGTHS)])
    if not len(features.columns):
        raise UserError(f"{source}, line 1: expected columns of numbers beside {', '.join(table.columns)}")
    known = {key: c.clip_id for c in clips.itertuples() for key in (c.clip_id, c.path, _stem(c.path))}
    places = [_place(name, known) for name in names]
    _refuse_twice(source, names, places)
    named = {place[0] for place in places if place}
    if not named:
        raise UserError(f"{source}: no row of {len(table)} names a clip of the data set, first {names.iloc[0]!r}")
    progress.say(
        f"{source}: features of {len(named)} of {counted(len(clips), 'clip')}; the others are left out of feature models"
    )
    for column in (c for c in LENGTHS if c in table):
        progress.say(
            f"{source}: column {column!r} is left out, as it tells how files were cut and not how they sound; under another "
            "name it is read"
        )
    values = _numbers(source, features)
    found = [(place, row) for place, row in zip(places, values, strict=True) if place]
    for place, row in sorted(found, key=lambda item: item[0]):
        yield *place, dict(zip(features.columns, row, strict=True))


def _read(source: str) -> pd.DataFrame:
    """The table, all cells as text. Raises UserError if no column holds the names of clips, or if there is no row."""
    table = user_csv.read(source)
    if not any(c in table for c in CLIPS):
        shown = ", ".join(table.columns[:6])
        raise UserError(f"{source}, line 1: expected a column of clip names ({', '.join(CLIPS)}), got {shown}")
    if table.empty:
        raise UserError(f"{source}: expected one row per clip, got none")
    return table


def _stem(path: str) -> str:
    """The name of a file without folders and without the suffix of a format of audio."""
    return clips_csv.bare(PurePosixPath(path).name)


def _place(name: str, known: dict[str, str]) -> tuple[str, int] | None:
    """The clip that a row names, and the segment of it: its own number at the end of the name, else 0."""
    if name in known or _stem(name) in known:
        return known.get(name) or known[_stem(name)], 0
    clip, _, k = _stem(name).rpartition(".")
    return (known[clip], int(k)) if clip in known and k.isdecimal() else None


def _refuse_twice(source: str, names: pd.Series, places: list[tuple[str, int] | None]) -> None:
    """Raise UserError if two lines name the same segment of the same clip."""
    first: dict[tuple[str, int], int] = {}
    for i, place in enumerate(places):
        if place and first.setdefault(place, i) != i:
            raise UserError(
                f"{source}, line {names.index[i]}: {names.iloc[i]!r} names the clip of line "
                f"{names.index[first[place]]}; a clip has one row"
            )


def _numbers(source: str, features: pd.DataFrame) -> Float[np.ndarray, "n_rows n_columns"]:
    """The cells as numbers. Raises UserError with the line and column of the first that is not a finite number."""
    values = features.apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        got = features.iloc[row, column]
        where = f"{source}, line {features.index[row]}, column {features.columns[column]}"
        raise UserError(f"{where}: expected a finite number, got {got!r}")
    return values
