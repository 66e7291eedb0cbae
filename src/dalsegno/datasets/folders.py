"""One folder per class, any audio files in it: what most people have."""

from collections.abc import Iterator
from pathlib import Path

from dalsegno.clips import folder
from dalsegno.clips.dataset import Clip, Params

EXPECTS = """
<root>/<label>/**.wav      one folder per class, files at any depth; also au, flac, ogg, opus, mp3, aiff
<root>/unlabelled/**.wav   optional: clips to predict, never trained on
<root>/groups.csv          optional, columns path,group: clips that must share a split (artist, song, instrument);
                           without it, files named as GTZAN's are grouped by its published artists
<root>/about.json          optional: {"title": "…"}, what the report calls the data set
"""


def clips(root: Path, p: Params) -> Iterator[Clip]:
    """Every audio file below `root`; its label is the first folder of its path. Raises UserError on a bad groups.csv."""
    return folder.labelled(root, folder.AUDIO, "audio file", EXPECTS)
