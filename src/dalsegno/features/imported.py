"""Features that somebody else computed: a CSV file with a column of clip names and columns of numbers.

Kaggle's GTZAN tables are read as they are: features_30_sec.csv (blues.00000.wav) and features_3_sec.csv, whose names
carry the number of the segment (blues.00000.0.wav); it may stand in a column `segment` as well. Columns that give a class away
without having heard a clip are left out, such as `length`: files of GTZAN were cut in batches, so that of 577 clips all 51 of
pop have 661,504 samples, and none of blues, classical, country, jazz and rock.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from jaxtyping import Float

from dalsegno.artefacts.data_set import clips_csv, user_csv
from dalsegno.artefacts.data_set.clip_names import ClipNames
from dalsegno.artefacts.data_set.user_csv import CLIPS, LABELS
from dalsegno.pipeline import progress
from dalsegno.pipeline.errors import UserError, counted

LENGTHS = ("length", "duration", "duration_s")
PARTS = ("split", "fold")
NUMBERS = ("", "index", "unnamed: 0")  # what pandas calls the numbers of rows
SEGMENT, OURS = "segment", "view"  # columns that mean something in features.parquet
FEWEST = 6  # rows that continue a count, or clips that repeat what others of their class or group have: no chance

Place = tuple[str, int]  # a clip and a segment of it


def rows(source: str, clips: pd.DataFrame) -> Iterator[tuple[str, int, dict[str, float]]]:
    """(clip_id, segment, number by column) for those of `clips` that `source` has; prints how many those are.

    clips: rows of clips.csv. Raises UserError with file and line: no column of names, a name that fits several clips, a name
    twice, a cell that is not a finite number, or no row that names a clip of the data set.
    """
    table = _read(source)
    names = table[user_csv.called(table, CLIPS)[0]]
    places = _places(source, table, names, clips)
    here = np.array([place is not None for place in places])
    if not here.any():
        raise UserError(f"{source}: no row of {len(table)} names a clip of the data set, first {names.iloc[0]!r}")
    found = [place for place in places if place]
    n = len({clip_id for clip_id, _ in found})
    progress.say(
        f"{source}: features of {n} of {counted(len(clips), 'clip')}; the others are left out of feature models"
    )
    known = user_csv.called(table, (*CLIPS, *LABELS, SEGMENT))
    reasons = dict(_giveaways(table.drop(columns=known), places, clips))
    for column, reason in reasons.items():
        progress.say(f"{source}: column {column!r} is left out, as it {reason}")
    features = table.drop(columns=[*known, *reasons])
    if not len(features.columns):
        raise UserError(f"{source}, line 1: expected columns of numbers beside {', '.join(table.columns)}")
    values = _numbers(source, features)[here]
    for place, row in sorted(zip(found, values, strict=True), key=lambda item: item[0]):
        yield *place, dict(zip(features.columns, row, strict=True))


def _read(source: str) -> pd.DataFrame:
    """The table, all cells as text. Raises UserError if no column holds the names of clips, or if there is no row."""
    table = user_csv.read(source)
    if not user_csv.called(table, CLIPS):
        shown = ", ".join(table.columns[:6])
        raise UserError(f"{source}, line 1: expected a column of clip names ({', '.join(CLIPS)}), got {shown}")
    if table.empty:
        raise UserError(f"{source}: expected one row per clip, got none")
    return table


def _places(source: str, table: pd.DataFrame, names: pd.Series, clips: pd.DataFrame) -> list[Place | None]:
    """What each row is of, None of no clip here. Raises UserError for a name of several clips, or one that is there twice."""
    known, ids = ClipNames(clips), clips["clip_id"].tolist()
    numbers = next((table[column] for column in user_csv.called(table, (SEGMENT,))), None)
    places: list[Place | None] = []
    for i, name in enumerate(names):
        hits, segment = known.rows(name), "0" if numbers is None else numbers.iloc[i].strip()
        if not hits:  # its own number at the end of the name
            clip, _, number = clips_csv.bare(name).rpartition(".")
            hits, segment = (known.rows(clip), number) if number.isdecimal() else ([], "")
        where = f"{source}, line {names.index[i]}"
        known.refuse_several(name, hits, where)
        if hits and not segment.isdecimal():
            raise UserError(f"{where}, column {SEGMENT}: expected the number of a segment, got {segment!r}")
        places.append((ids[hits[0]], int(segment)) if hits else None)
    _refuse_twice(source, names, places)
    return places


def _giveaways(table: pd.DataFrame, places: list[Place | None], clips: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """(column, why it says of a clip what nobody heard in it); `places` go as the rows."""
    here = [place is not None for place in places]
    clip_ids = [place[0] for place in places if place]
    facts = clips.set_index("clip_id").reindex(clip_ids, columns=["label", "group"], fill_value="")
    for column in table:
        every, name = table[column].str.strip(), column.casefold()
        cells = every[here]
        if name in LENGTHS:
            yield column, "tells how files were cut and not how they sound; under another name it is read"
        elif name in PARTS:
            yield column, "tells how clips were split and not how they sound"
        elif name == OURS:
            yield column, "has a name that stands for something else here; under another name it is read"
        elif name in NUMBERS or _numbers_rows(every):
            yield column, "numbers the rows"
        elif _follows(cells, facts["label"]):
            yield column, "has one value for all clips of a class"
        elif _follows(cells, facts["group"]) and _numbers_each(cells, facts["group"]):
            yield column, "numbers the groups"


def _numbers_rows(cells: pd.Series) -> bool:
    """Whether `cells` hold as many whole numbers as there are rows, one after the other, in whatever order."""
    if not cells.str.fullmatch(r"\d{1,15}").all():
        return False
    numbers = cells.astype(np.int64)
    return len(cells) > FEWEST and numbers.is_unique and int(np.ptp(numbers)) == len(cells) - 1


def _follows(cells: pd.Series, owner: pd.Series) -> bool:
    """Whether `cells` differ, but never within the rows of one `owner`, by clip_id, of which empty ones are unknown."""
    known = (owner != "").to_numpy()
    cells, owner = cells[known], owner[known]
    repeated = owner.index.nunique() - owner.nunique()
    return repeated >= FEWEST and cells.nunique() > 1 and int(cells.groupby(owner.to_numpy()).nunique().max()) == 1


def _numbers_each(cells: pd.Series, owner: pd.Series) -> bool:
    """Whether `cells` that follow `owner` differ for each, and are not measurements, which have fractions."""
    fractions = pd.to_numeric(cells, errors="coerce") % 1
    return cells[(owner != "").to_numpy()].nunique() == owner[owner != ""].nunique() and not (fractions > 0).any()


def _refuse_twice(source: str, names: pd.Series, places: list[Place | None]) -> None:
    """Raise UserError if two lines name the same segment of the same clip."""
    first: dict[Place, int] = {}
    for i, place in enumerate(places):
        if place and first.setdefault(place, i) != i:
            raise UserError(
                f"{source}, line {names.index[i]}: {names.iloc[i]!r} names the clip of line "
                f"{names.index[first[place]]}; a clip has one row"
            )


def _numbers(source: str, features: pd.DataFrame) -> Float[np.ndarray, "n_rows n_columns"]:
    """The cells as numbers. Raises UserError with the line and column of the first that is not a finite number of 32 bits."""
    values = features.apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    right = np.abs(values) <= np.finfo(np.float32).max
    if not right.all():
        row, column = np.argwhere(~right)[0]
        got, n = features.iloc[row, column], int((~right).sum())
        where = f"{source}, line {features.index[row]}, column {features.columns[column]}"
        such = f" ({n:,} such cells in {counted(int((~right).any(1).sum()), 'row')})" if n > 1 else ""
        raise UserError(
            f"{where}: expected a finite number, got {got!r}{such}; write it like 0.25, or leave out its row or column"
        )
    return values
