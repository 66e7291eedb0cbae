"""Files below folders of classes: each with the class whose folder it lies in, and what already speaks against it."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dalsegno.clips import entry, gtzan_csv
from dalsegno.clips.dataset import Clip, Params
from dalsegno.clips.tree import formats, groups, layout, walk
from dalsegno.clips.tree.ids import ids

UNLABELLED = re.compile("(un|not|non)labell?ed(audio|clips|data|files|tracks)?|nolabels?")


@dataclass(frozen=True)
class Labelled:
    """A file, or a class folder that holds none."""

    path: Path
    inside: Path  # its path below the folder of the classes
    label: str | None  # the name of its class, in Unicode's form NFC; None: unlabelled, or there is none
    fault: str | None


def clips(root: Path, p: Params, suffixes: frozenset[str], noun: str, expects: str) -> Iterator[Clip]:
    """Every file of `labelled` as a clip; its group is what groups.csv says.

    Without that table, files that are named as GTZAN's are, `blues/blues.00000.png`, are grouped by its artists.
    """
    found = labelled(root, suffixes, noun, expects)
    made = [
        Clip(name, file.path, file.label, gtzan_csv.group(file.path.relative_to(root)) or None, fault=file.fault)
        for name, file in zip(ids([file.inside for file in found]), found, strict=True)
    ]
    yield from groups.stated(root, made, p)


def labelled(root: Path, suffixes: frozenset[str], noun: str, expects: str) -> list[Labelled]:
    """The files of `listed`, of two or more classes. Raises UserError as that does, or if folders do not look like classes."""
    found = listed(root, suffixes, noun, expects)
    read = [file.inside for file in found if file.label and file.path.suffix.lower() in suffixes]
    layout.refuse(root, read, noun, formats.conversions(root, [file.path for file in found]))
    return found


def listed(root: Path, suffixes: frozenset[str], noun: str, expects: str) -> list[Labelled]:
    """The files below `root` whose suffix is one of `suffixes`, then those that ffmpeg could convert, then empty classes.

    A file's class is the first folder of its path; in `unlabelled/`, however that is spelt, files have none. `noun` is
    what messages call a file; `expects` describes the layout. Raises UserError if there is no file.
    """
    walk.check(root, expects)
    paths = walk.walk(root, suffixes)
    unread = formats.unread(root, paths)
    if not paths:
        raise walk.missing(root, f"holds no {noun}", expects, *formats.conversions(root, unread))
    found = [_label(root, path) for path in [*paths, *unread]]
    return found + list(_empty(root, found, noun))


def is_unlabelled(folder: str) -> bool:
    """Whether a folder is that of clips without a label: `unlabelled`, `Unlabeled `, `un-labelled clips`, `no label`."""
    return UNLABELLED.fullmatch(layout.bare(folder)) is not None


def _label(root: Path, path: Path) -> Labelled:
    inside = path.relative_to(root)
    fault = (
        entry.name_fault(inside) or formats.fault(path) or (entry.file_fault(path) if walk.is_folder(path) else None)
    )
    if len(inside.parts) < 2:
        return Labelled(path, inside, None, fault or "no label: lies in no class folder")
    first = inside.parts[0]
    classless = is_unlabelled(first) or first.startswith(".")
    return Labelled(path, inside, None if classless else unicodedata.normalize("NFC", first), fault)


def _empty(root: Path, listed: list[Labelled], noun: str) -> Iterator[Labelled]:
    """The class folders in which no file can be read, each as an entry of its own."""
    full = {file.inside.parts[0] for file in listed if not (file.fault or "").startswith("other format")}
    for folder in walk.folders(root):
        if folder.name not in full and not is_unlabelled(folder.name):
            held = formats.census(walk.files(folder))
            fault = f"empty class: its folder holds no {noun}, " + (f"only {held}" if held else "no file at all")
            yield Labelled(folder, Path(folder.name), unicodedata.normalize("NFC", folder.name), fault)
