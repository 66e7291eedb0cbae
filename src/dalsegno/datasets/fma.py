"""FMA (Defferrard et al. 2017): its small part, 8,000 clips of 30 s in eight genres, or its medium one, with their artists."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from dalsegno.artefacts.data_set.clips_csv import AUDIO
from dalsegno.clips.dataset import Clip, Params
from dalsegno.clips.table import files, rows
from dalsegno.clips.table.columns import Columns
from dalsegno.clips.tree import groups, walk
from dalsegno.pipeline.errors import UserError

EXPECTS = """
<root>/fma_metadata/tracks.csv         as it is handed out, with three lines of header
<root>/fma_small/000/000002.mp3        the clips; fma_medium/ with `dataset.target: medium`
<root>/groups.csv                      optional, columns path,group: other groups than the artists
"""
TARGETS = ("small", "medium")
BROKEN = frozenset({98565, 98567, 98569, 99134, 108925, 133297})
"""Tracks of the small part whose files are known to hold a second or two, or nothing (FMA's wiki)."""
COLUMNS = Columns(path="path", label="label", group="group", split="split")


def clips(root: Path, p: Params) -> Iterator[Clip]:
    """The tracks of the part; label: the top genre, group: the artist. Raises UserError if tracks.csv is another table."""
    walk.check(root, EXPECTS)
    subset = p.target or TARGETS[0]
    table, folder = root / "fma_metadata" / "tracks.csv", root / f"fma_{subset}"
    for path in (table, folder):
        if not path.exists():
            raise walk.missing(root, f"has no {path.relative_to(root)}", EXPECTS)
    found = files.files(root, walk.walk(folder, AUDIO))
    made = rows.clips(table, _tracks(table, folder.name, subset), found, COLUMNS)
    yield from groups.stated(root, (replace(clip, fault=_fault(clip)) for clip in rows.named(made)), p)


def _tracks(table: Path, folder: str, subset: str) -> pd.DataFrame:
    """The rows of a part (the small one is inside the medium one), columns those of COLUMNS."""
    try:
        tracks = pd.read_csv(table, header=[0, 1], index_col=0, low_memory=False)
        part, split = tracks["set", "subset"], tracks["set", "split"]
        genre, artist = tracks["track", "genre_top"], tracks["artist", "id"]
    except (KeyError, ValueError) as error:
        raise UserError(
            f"{table}: expected FMA's tracks.csv, with set, track and artist in its header: {error}"
        ) from None
    names = [f"{folder}/{int(track) // 1000:03}/{int(track):06}.mp3" for track in tracks.index]
    frame = pd.DataFrame(
        {"path": names, "label": genre, "group": "artist " + artist.astype(str), "split": split}
    ).set_axis(range(4, 4 + len(tracks)), axis=0)
    return frame[part.isin(TARGETS[: TARGETS.index(subset) + 1]).to_numpy()].fillna("")


def _fault(clip: Clip) -> str | None:
    known = clip.path.stem.isdigit() and int(clip.path.stem) in BROKEN
    return "known fault: FMA's authors list it as cut short" if known else clip.fault
