"""Where a data set's groups come from: a table, the data set's own facts, the files' tags, their folders, or nowhere."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from dalsegno.clips.dataset import Clip, Params
from dalsegno.clips.groups import tags
from dalsegno.clips.tree import groups
from dalsegno.sound import excerpt

WORDS = {
    "file": "from groups.csv",
    "data set": "stated by the data set",
    "tags": "from the files' own tags: the artist, or the album where no artist is named",
    "folders": "from the folders below those of the classes",
    "none": "not known",
}
"""Every source, as a reader is told of it."""


def grouped(root: Path, listed: list[Clip], tagged: Sequence[tags.Names], p: Params) -> tuple[list[Clip], str]:
    """The clips with their groups by `dataset.groups`, and the source, a key of WORDS.

    tagged: the names in the tags of each clip's file. With `auto`, tags are taken where there is
    no groups.csv and the data set states no group itself. Pieces of one file are a group whatever is asked for, unless
    they have one.
    """
    source = _source(root, listed, p)
    if source == "tags":
        named = tags.groups(tagged)
    elif source == "folders":
        named = [folder(clip.path.relative_to(root), clip.label) for clip in listed]
    else:
        named = [clip.group or "" if source != "none" else "" for clip in listed]
    source = source if any(named) else "none"
    files = _cut(root, listed)
    named = [name or file for name, file in zip(named, files, strict=True)]
    source = "data set" if source == "none" and any(files) else source
    return [replace(clip, group=name or None) for clip, name in zip(listed, named, strict=True)], source


def _cut(root: Path, listed: list[Clip]) -> list[str]:
    """The file of each clip, if some clip is a piece of it; else empty."""
    places = [excerpt.place(clip.path) for clip in listed]
    cut = {file for file, start_s, end_s in places if start_s or end_s is not None}
    return [file.relative_to(root).as_posix() if file in cut else "" for file, _, _ in places]


def folder(inside: PurePath, label: str | None) -> str:
    """The first folder below that of the class, `queen` of `rock/Queen/Jazz/01.mp3`; empty for a file in that of the class.

    inside: the path below the root. Where no folder is called like the class, it is the folder that the file lies in. Names
    that differ in case, in the form of Unicode or in blanks are one.
    """
    folders = [unicodedata.normalize("NFC", part) for part in inside.parts[:-1]]
    if label not in folders:
        return _folded("/".join(folders))
    below = folders[folders.index(label) + 1 :]
    return _folded(below[0]) if below else ""


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _source(root: Path, listed: list[Clip], p: Params) -> str:
    if p.groups != "auto":
        return p.groups
    if groups.table(root):
        return "file"
    return "data set" if any(clip.group for clip in listed) else "tags"
