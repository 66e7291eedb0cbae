"""Spectrogram pictures in place of audio, one folder per class; `spectrograms.<key>.kind: image` takes their values."""

from collections.abc import Iterator
from pathlib import Path

from dalsegno.artefacts.data_set.clips_csv import PICTURE
from dalsegno.clips.dataset import Clip, Params
from dalsegno.clips.tree import labelled

EXPECTS = """
<root>/<label>/**.png      one folder per class, a picture per clip, png, jpg, bmp, tiff, webp: time to the right, low notes below,
                           grey or coloured by a matplotlib map (magma, inferno, viridis, jet, …), no axes
<root>/unlabelled/**.png   optional: clips to predict, never trained on
<root>/groups.csv          optional, columns path,group: clips that must share a split (artist, song, instrument);
                           every path must be there and every clip have a row;
                           without it, files named as GTZAN's are grouped by its published artists
"""


def clips(root: Path, p: Params) -> Iterator[Clip]:
    """Every picture below `root`; its label is the first folder of its path."""
    return labelled.clips(root, p, PICTURE, "picture", EXPECTS)
