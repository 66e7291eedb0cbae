"""One folder per class, any audio files in it: what most people have."""

from collections.abc import Iterator
from pathlib import Path

from dalsegno.artefacts.data_set.clips_csv import AUDIO
from dalsegno.clips.dataset import Clip, Params
from dalsegno.clips.tree import labelled

EXPECTS = """
<root>/<label>/**.wav      one folder per class, files at any depth; also flac, mp3, ogg, aiff,
                           au, caf, w64 and whatever else libsndfile reads
<root>/unlabelled/**.wav   optional: clips to predict, never trained on
<root>/groups.csv          optional, columns path,group: clips that must share a split (artist, song, instrument);
                           every path must be there and every clip have a row;
                           without it, groups are the artists (or else albums) in the files' tags, or its
                           published artists if files are named as GTZAN's
<root>/about.json          optional: {"title": "…"}, what the report calls the data set
"""


def clips(root: Path, p: Params) -> Iterator[Clip]:
    """Every audio file below `root`; its label is the first folder of its path. Raises UserError on a bad groups.csv."""
    return labelled.clips(root, p, AUDIO, "audio file", EXPECTS)
