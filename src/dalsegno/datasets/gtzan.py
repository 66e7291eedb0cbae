"""GTZAN (Tzanetakis and Cook 2002): 1,000 clips of 30 s in ten genres, with the artists and faults found since.

No lawful download is left; the user has the folder already. `clips/gtzan.csv` states the published facts about each
clip, with their sources.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from dalsegno.artefacts.data_set.clips_csv import AUDIO
from dalsegno.clips import gtzan_csv
from dalsegno.clips.dataset import Clip, Params
from dalsegno.clips.tree import formats, groups, walk
from dalsegno.clips.tree.ids import ids

EXPECTS = """
<root>/**/blues.00000.au   the original .au files or copies as wav, flac, ogg, mp3, in any folders
                           (genres/blues/…, genres_original/blues/…, Data/genres_original/blues/…)
<root>/groups.csv          optional, columns path,group: other groups than the published artists
"""
GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
NAME = re.compile(rf"({'|'.join(GENRES)})\.\d{{5}}")


def clips(root: Path, p: Params) -> Iterator[Clip]:
    """The clips, labelled by their names; group: the artist, with those who share a clip with them.

    Those of the fault-filtered partition come first, so that of two equal recordings the one in it is kept.
    """
    walk.check(root, EXPECTS)
    paths = walk.walk(root, AUDIO)
    unread = formats.unread(root, paths)
    if not any(NAME.fullmatch(path.stem) for path in paths):
        state = "holds no audio file named like GTZAN's"
        raise walk.missing(root, state, EXPECTS, *formats.conversions(root, unread))
    filtered = {name for name, fact in gtzan_csv.facts().items() if fact["fault_filtered"]}
    paths = [*sorted(paths, key=lambda path: path.stem not in filtered), *unread]
    made = zip(ids([Path(path.name) for path in paths]), paths, strict=True)
    yield from groups.stated(root, (_clip(name, path) for name, path in made), p)


def _clip(name: str, path: Path) -> Clip:
    """A file as a clip, whose id is `name`."""
    genre = NAME.fullmatch(path.stem)
    fault = formats.fault(path) or (None if genre else "unknown name: GTZAN has no such clip")
    if genre and name != path.stem:
        fault = f"second file: there is another {path.stem}"
    return Clip(name, path, genre and genre[1], gtzan_csv.groups().get(path.stem), fault=fault)
