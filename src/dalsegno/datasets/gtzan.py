"""GTZAN (Tzanetakis and Cook 2002): 1,000 clips of 30 s in ten genres, with the artists and faults found since.

No lawful download is left; the user has the folder already. `artefacts/gtzan.csv` states the published facts about each
clip, with their sources.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from dalsegno.clips import folder, gtzan_csv
from dalsegno.clips.dataset import Clip, Params
from dalsegno.pipeline.errors import UserError

EXPECTS = """
<root>/**/blues.00000.au   the original .au files or copies as wav, flac, ogg, mp3, in any folders
                           (genres/blues/…, genres_original/blues/…, Data/genres_original/blues/…)
"""
GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
NAME = re.compile(rf"({'|'.join(GENRES)})\.\d{{5}}")


def clips(root: Path, p: Params) -> Iterator[Clip]:
    """The clips, labelled by their names; group: the artist.

    Those of the fault-filtered partition come first, so that of two equal recordings the one in it is kept.
    """
    folder.check(root, EXPECTS)
    paths = folder.walk(root, folder.AUDIO)
    if not any(NAME.fullmatch(path.stem) for path in paths):
        raise UserError(folder.missing(root, "holds no audio file named like GTZAN's", EXPECTS))
    known = gtzan_csv.facts()
    filtered = {name for name, fact in known.items() if fact["fault_filtered"]}
    paths.sort(key=lambda path: path.stem not in filtered)
    for name, path in zip(folder.ids([Path(path.name) for path in paths]), paths, strict=True):
        genre = NAME.fullmatch(path.stem)
        fault = None if genre else "unknown name: GTZAN has no such clip"
        if genre and name != path.stem:
            fault = f"second file: there is another {path.stem}"
        yield Clip(name, path, genre and genre[1], known.get(path.stem, {}).get("artist") or None, fault=fault)
