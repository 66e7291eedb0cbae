"""One folder per class, any audio files in it: what most people have."""

import csv
from collections.abc import Iterator
from pathlib import Path

from dalsegno import tree
from dalsegno.dataset import Clip, Params
from dalsegno.params import UserError

EXPECTS = """
<root>/<label>/**.wav      one folder per class, files at any depth; also au, flac, ogg, opus, mp3, aiff
<root>/unlabelled/**.wav   optional: clips to predict, never trained on
<root>/groups.csv          optional, columns path,group: clips that must share a split (artist, song, instrument)
<root>/about.json          optional: {"title": "…"}, what the report calls the data set
"""
UNLABELLED = "unlabelled"


def clips(root: Path, p: Params) -> Iterator[Clip]:
    """Every audio file below `root`; its label is the first folder of its path. Raises UserError on a bad groups.csv."""
    return listed(root, tree.AUDIO, "audio file", EXPECTS)


def listed(root: Path, suffixes: frozenset[str], what: str, expects: str) -> Iterator[Clip]:
    """Every file below `root` whose name ends in one of `suffixes`, labelled with the first folder of its path."""
    tree.check(root, expects)
    paths = tree.walk(root, suffixes)
    if not paths:
        raise UserError(tree.missing(root, f"holds no {what}", expects))
    groups = read_groups(root / "groups.csv")
    relative = [path.relative_to(root) for path in paths]
    for name, path, inside in zip(tree.ids(relative), paths, relative, strict=True):
        label = inside.parts[0] if len(inside.parts) > 1 else None
        fault = "no label: lies in no class folder" if label is None else None
        known = None if label == UNLABELLED else label
        yield Clip(name, path, known, groups.get(inside.as_posix()), fault=fault)


def read_groups(path: Path) -> dict[str, str]:
    """Group of each path (relative to the root, posix) that a groups.csv names; empty without such a file.

    Raises UserError with file and line on a missing column, or a path named twice with different groups.
    """
    if not path.exists():
        return {}
    groups: dict[str, str] = {}
    with path.open(newline="", encoding="utf-8-sig") as lines:
        rows = csv.DictReader(lines)
        if not {"path", "group"} <= set(rows.fieldnames or []):
            raise UserError(f"{path}, line 1: expected the columns path,group, got {','.join(rows.fieldnames or [])!r}")
        for row in rows:
            if row["path"] is None or row["group"] is None:
                raise UserError(f"{path}, line {rows.line_num}: expected a path and a group, got {list(row.values())}")
            if groups.setdefault(row["path"], row["group"]) != row["group"]:
                was = groups[row["path"]]
                raise UserError(f"{path}, line {rows.line_num}: {row['path']!r} is in {was!r} and in {row['group']!r}")
    return groups
