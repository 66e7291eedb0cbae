"""The groups that people state in groups.csv: which clips must share a split."""

import shlex
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path, PurePath

from dalsegno.artefacts.data_set import user_csv
from dalsegno.artefacts.data_set.clip_names import plain
from dalsegno.clips.dataset import Clip, Params
from dalsegno.clips.tree import layout
from dalsegno.pipeline.errors import UserError, counted, hint
from dalsegno.sound import excerpt

N_NAMED = 5  # paths of each sort that a message names


def stated(root: Path, clips: Iterable[Clip], p: Params) -> Iterator[Clip]:
    """`clips` with the groups of root/groups.csv in place of their own, where there is that table.

    As they are with a `dataset.groups` that looks elsewhere. Raises UserError as `read` does, and if the table is asked for
    and not there.
    """
    there = table(root) if p.groups in ("auto", "file") else None
    if p.groups == "file" and not there:
        raise UserError(
            f"params.yaml: dataset.groups: file: there is no {root / 'groups.csv'}; `dalsegno groups {shlex.quote(str(root))}` drafts one "
            "from tags and folders, for you to correct"
        )
    if not there:
        yield from clips
        return
    inside = [(excerpt.place(clip.path)[0].relative_to(root), clip) for clip in clips]
    left_out = {unicodedata.normalize("NFC", label) for label in p.leave_out}
    need = dict.fromkeys(path for path, c in inside if c.label and not c.fault and c.label not in left_out)
    groups = read(root, list(dict.fromkeys(path for path, _ in inside)), list(need), p.allow_ungrouped) or {}
    yield from (replace(clip, group=groups.get(path)) for path, clip in inside)


def read(root: Path, paths: list[Path], labelled: list[Path], allow_ungrouped: str | None) -> dict[Path, str] | None:
    """The group of each of `paths` that root/groups.csv names; None without such a file.

    paths: relative to `root`; labelled: those that need a group. Names are compared in Unicode's form NFC, so that the
    decomposed letters of a Mac are the same. Raises UserError with file and line on a malformed table, and if a row
    names no path or a labelled path has no row, unless there is a reason for that in `allow_ungrouped`. A table without
    rows says that there are no groups.
    """
    stated = table(root)
    if stated is None:
        return None
    lines, groups = _read(stated)
    known = {plain(path.as_posix()): path for path in paths}
    astray = [name for name in groups if name not in known]
    bare = [path for path in labelled if plain(path.as_posix()) not in groups]
    if groups and len(astray) == len(groups):
        raise UserError(
            f"{stated}: of its {counted(len(groups), 'path')} none is here{_first(_no_file(astray, bare, lines))}\n"
            f"  Expected paths below {str(root)!r}, such as {paths[0].as_posix()!r}"
        )
    states = [f"no file for {len(astray)} of its {counted(len(groups), 'path')}"] if astray else []
    states += [f"no row for {len(bare)} of {counted(len(labelled), 'labelled file')}"] if bare else []
    if groups and states and not allow_ungrouped:
        raise UserError(
            f"{stated}: {' and '.join(states)}, so that clips of one group could be on both sides of a split"
            f"{_first(_no_file(astray, bare, lines))}{_first(_no_row(bare, astray))}\n"
            "  Mend the table (an empty group says that a clip has none), or give the reason in dataset.allow_ungrouped"
        )
    return {path: groups[name] for path in paths if groups.get(name := plain(path.as_posix()))}


def table(root: Path) -> Path | None:
    """The table of groups in `root`, if it has one. Raises UserError if it is spelt otherwise, or there are several."""
    tables = [path for path in sorted(root.iterdir()) if layout.bare(path.name) in ("groupscsv", "groupcsv")]
    if tables and [table.name for table in tables] != ["groups.csv"]:
        raise UserError(f"{root}: expected one table of groups, groups.csv, got {', '.join(t.name for t in tables)}")
    return tables[0] if tables else None


def _read(table: Path) -> tuple[dict[str, int], dict[str, str]]:
    """Line and group of each path. Raises UserError on a missing column, or a path named twice with different groups."""
    rows = user_csv.read(table)
    columns = user_csv.called(rows, ("path", "group"))
    if len(columns) != 2:
        raise UserError(f"{table}, line 1: expected the columns path,group, got {','.join(rows.columns)!r}")
    lines: dict[str, int] = {}
    groups: dict[str, str] = {}
    for line, raw, group in zip(rows.index, *(rows[column] for column in columns), strict=True):
        name, group = plain(raw), unicodedata.normalize("NFC", group.strip())
        lines[name] = line
        if groups.setdefault(name, group) != group:
            raise UserError(f"{table}, line {line}: {name!r} is in {groups[name]!r} and in {group!r}")
    return lines, groups


def _first(lines: Iterator[str]) -> str:
    return "".join(f"\n  {line}" for line in islice(lines, N_NAMED))


def _no_file(astray: list[str], bare: list[Path], lines: dict[str, int]) -> Iterator[str]:
    free = {plain(path.as_posix()) for path in bare}
    for name in astray:
        yield f"line {lines[name]}: {name!r} is not a file here{_nearest(name, free)}"


def _no_row(bare: list[Path], astray: list[str]) -> Iterator[str]:
    for path in bare:
        yield f"no row: {path.as_posix()!r}{_nearest(plain(path.as_posix()), set(astray))}"


def _nearest(name: str, known: set[str]) -> str:
    """The end of a message about a path: the nearest of `known`, those of the same name, but for case, first."""
    last = PurePath(name).stem.casefold()
    same = [other for other in known if PurePath(other).stem.casefold() == last]
    return hint(name, sorted(same) or sorted(known))
