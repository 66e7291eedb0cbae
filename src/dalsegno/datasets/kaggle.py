"""A Kaggle competition: labelled training clips, test clips to predict, and what a submission must look like."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from dalsegno.artefacts.data_set.clips_csv import AUDIO
from dalsegno.clips import gtzan_csv
from dalsegno.clips.dataset import Clip, Params
from dalsegno.clips.tree import formats, groups, labelled, walk
from dalsegno.clips.tree.ids import ids

EXPECTS = """
<root>/train/<label>/**.wav      one folder per class; also flac, mp3, ogg, aiff, au, …
<root>/test/**.wav               clips to predict, without labels
<root>/sample_submission.csv     optional: its columns, ids and order are those of the submissions that a run writes
<root>/groups.csv                optional, columns path,group: training clips that must share a split (artist, song, …);
                                 without it, those named as GTZAN's are grouped by its published artists
"""


def clips(root: Path, p: Params) -> Iterator[Clip]:
    """The training clips, labelled with their folder, then the test clips. Raises UserError if either is missing."""
    walk.check(root, EXPECTS)
    train, test = (_part(root, part) for part in ("train", "test"))
    labels = labelled.labelled(train, AUDIO, "audio file", EXPECTS)
    paths = walk.walk(test, AUDIO)
    if not paths:
        raise walk.missing(root, "holds no audio file in test", EXPECTS)
    unread = formats.unread(test, paths)
    names = ids([*(file.inside for file in labels), *(path.relative_to(test) for path in (*paths, *unread))])
    made = []
    for name, file in zip(names, labels, strict=False):
        fault = file.fault or (None if file.label else "no label: lies in a folder of clips without one")
        group = gtzan_csv.group(file.path.relative_to(root)) or None if file.label else None
        made.append(Clip(name, file.path, file.label, group, fault=fault))
    for name, path in zip(names[len(labels) :], (*paths, *unread), strict=True):
        made.append(Clip(name, path, fault=formats.fault(path)))
    for clip in groups.stated(root, made, p):
        yield clip if clip.label else replace(clip, group=None)


def _part(root: Path, part: str) -> Path:
    if not (root / part).is_dir():
        raise walk.missing(root, f"has no folder {part!r}", EXPECTS)
    return root / part
