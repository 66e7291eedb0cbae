"""Spectrogram pictures in place of audio, one folder per class; `spectrograms.<key>.kind: image` takes their values."""

from collections.abc import Iterator
from pathlib import Path

from dalsegno.clips import folder
from dalsegno.clips.dataset import Clip, Params

EXPECTS = """
<root>/<label>/**.png      one folder per class, a picture per clip, png or jpg: time to the right, low notes below,
                           grey or coloured by a matplotlib map (magma, inferno, viridis, jet, …), no axes
<root>/unlabelled/**.png   optional: clips to predict, never trained on
<root>/groups.csv          optional, columns path,group: clips that must share a split (artist, song, instrument);
                           without it, files named as GTZAN's are grouped by its published artists
"""


def clips(root: Path, p: Params) -> Iterator[Clip]:
    """Every picture below `root`; its label is the first folder of its path."""
    return folder.labelled(root, folder.PICTURE, "picture", EXPECTS)
