"""Files below folders of classes: each with the class whose folder it lies in, and what already speaks against it."""

import re
import shlex
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dalsegno.clips import entry, gtzan_csv
from dalsegno.clips.dataset import Clip, Params
from dalsegno.clips.tree import formats, groups, layout, walk
from dalsegno.clips.tree.ids import ids
from dalsegno.pipeline.errors import UserError

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
    group = groups_of(root, [file.path for file in found], found, p)
    for name, file in zip(ids([file.inside for file in found]), found, strict=True):
        yield Clip(name, file.path, file.label, group.get(file.path), fault=file.fault)


def groups_of(root: Path, paths: list[Path], listed: list[Labelled], p: Params) -> dict[Path, str]:
    """The groups of those of `paths` that root/groups.csv, or without it GTZAN's list of artists, gives one.

    None with a `dataset.groups` that looks elsewhere. Raises UserError if the table is asked for and not there, or does not
    have all of `listed` that need a group.
    """
    if p.groups not in ("auto", "file"):
        return {}
    if p.groups == "file" and not groups.table(root):
        raise UserError(
            f"params.yaml: dataset.groups: file: there is no {root / 'groups.csv'}; `dalsegno groups {shlex.quote(str(root))}` drafts one "
            "from tags and folders, for you to correct"
        )
    inside = [path.relative_to(root) for path in paths]
    need = [f.path.relative_to(root) for f in listed if f.label and not f.fault and f.label not in p.leave_out]
    stated = groups.read(root, inside, need, p.allow_ungrouped)
    if stated is None:
        stated = {path: gtzan_csv.group(path) for path in inside}
    return {root / path: group for path, group in stated.items() if group}


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
