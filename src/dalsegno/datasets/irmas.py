"""IRMAS (Bosch et al. 2012), its training part: 6,705 excerpts of 3 s, labelled with the instrument that leads."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from dalsegno.artefacts.data_set.clips_csv import AUDIO
from dalsegno.clips.dataset import Clip, Params
from dalsegno.clips.tree import groups, labelled, walk

EXPECTS = """
<root>/cel/[cel][cla]0001__1.wav   IRMAS-TrainingData as it is handed out, a folder per instrument; 0001 is the recording,
                                   1 the excerpt of it, and recordings are the groups
<root>/groups.csv                  optional, columns path,group: other groups than these
"""
RECORDING = re.compile(r"\](\d+)__\d+$")


def clips(root: Path, p: Params) -> Iterator[Clip]:
    """Every excerpt; its label is its folder, its group the number of the recording, which is one across all folders."""
    walk.check(root, EXPECTS)
    excerpts = labelled.clips(root, replace(p, groups="none"), AUDIO, "audio file", EXPECTS)
    yield from groups.stated(root, (replace(clip, group=_recording(clip)) for clip in excerpts), p)


def _recording(clip: Clip) -> str | None:
    number = RECORDING.search(clip.path.stem)
    return f"recording {number[1]}" if number else None
