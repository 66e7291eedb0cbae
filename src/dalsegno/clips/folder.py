"""The files of a data set's folder, and a name for each: shared by the adapters in `datasets/`."""

import os
import re
import unicodedata
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from dalsegno.artefacts.data_set import user_csv
from dalsegno.clips import gtzan_csv
from dalsegno.clips.dataset import Clip
from dalsegno.pipeline.errors import UserError

AUDIO = frozenset({".wav", ".au", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif"})
PICTURE = frozenset({".png", ".jpg", ".jpeg"})
UNLABELLED = "unlabelled"  # the folder of clips to predict


def check(root: Path, expects: str) -> None:
    """Raise UserError saying what was expected if `root` is no folder or an empty one."""
    state = "is empty" if root.is_dir() and not any(root.iterdir()) else None if root.is_dir() else "is no folder"
    if state:
        raise UserError(missing(root, state, expects))


def missing(root: Path, state: str, expects: str) -> str:
    """The message for a data set that is not where params.yaml says; `state` says what is there instead."""
    layout = "\n".join(f"    {line}" for line in expects.strip().splitlines())
    return (
        f"{str(root)!r} {state} (in {Path.cwd()}). Expected there:\n{layout}\n"
        f"  `dataset.root` in params.yaml says where the data set lies, `dataset.name` which layout it has."
    )


def labelled(root: Path, suffixes: frozenset[str], noun: str, expects: str) -> Iterator[Clip]:
    """Every file below `root` whose name ends in one of `suffixes`, labelled with the first folder of its path.

    `unlabelled/` holds clips without a label; `groups.csv` (path, group) may name the group of each. Without one, files
    that are named as GTZAN's are, `blues/blues.00000.png`, are grouped by its published artists. `noun` is what messages
    call such a file; `expects` describes the layout.
    """
    check(root, expects)
    paths = walk(root, suffixes)
    if not paths:
        raise UserError(missing(root, f"holds no {noun}", expects))
    relative = [path.relative_to(root) for path in paths]
    groups = _read_groups(root / "groups.csv")
    if groups is None:
        groups = {path.as_posix(): artist for path in relative if (artist := gtzan_csv.artist(path))}
    elif groups and not groups.keys() & {path.as_posix() for path in relative}:
        raise UserError(
            f"{root / 'groups.csv'}: it groups {len(groups)} paths and none of them is here, the first {next(iter(groups))!r}; "
            f"expected paths below {str(root)!r}, such as {relative[0].as_posix()!r}"
        )
    for name, path, inside in zip(ids(relative), paths, relative, strict=True):
        label = inside.parts[0] if len(inside.parts) > 1 else None
        fault = "no label: lies in no class folder" if label is None else None
        known = None if label == UNLABELLED else label
        yield Clip(name, path, known, groups.get(inside.as_posix()), fault=fault)


def walk(root: Path, suffixes: frozenset[str]) -> list[Path]:
    """Every entry below `root` whose name ends in one of `suffixes`, whatever it is, sorted.

    Folders that cannot be read and links back to a folder that is read anyway are listed as well, so that they are
    named and not passed over. Links to folders elsewhere are followed last.
    """
    real = root.resolve()
    seen = {real, *real.parents}
    listed, links, todo = [], [], [root]
    while todo or links:
        folder = todo.pop() if todo else links.pop(0)
        try:
            inside = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            listed.append(folder)
            continue
        for entry in inside:
            path = folder / entry.name
            if path.suffix.lower() in suffixes:
                listed.append(path)
            elif _is_folder(path):
                target = path.resolve()
                if target in seen:
                    listed.append(path)
                else:
                    seen.add(target)
                    (links if entry.is_symlink() else todo).append(path)
    return sorted(listed)


def ids(paths: list[Path]) -> list[str]:
    """A name for each relative path: unique, the same for the same tree, safe as a file name.

    It is the path without extension, `blues/x.wav` → `blues.x`; a folder that the next part repeats is left out,
    `blues/blues.00000.wav` → `blues.00000`. Letters, digits, `._-` stay, other bytes are percent-encoded. The second of
    two files with one name, `x.mp3` beside `x.au`, keeps its extension: `blues.x.mp3`.
    """
    taken: set[str] = set()
    return [_unique(path, taken) for path in paths]


def clip_id(relative: Path) -> str:
    """The name that `ids` gives to a path if no other file has it."""
    parts = list(relative.with_suffix("").parts)
    kept = [p for p, after in zip(parts, [*parts[1:], ""], strict=True) if not after.startswith(f"{p}.")]
    return safe(".".join(kept))


def safe(name: str) -> str:
    """`name` as a file name of at most 120 letters, digits, `._-` and percent-encoded bytes, not hidden."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    coded = "".join(c if c.isalnum() or c in "._-" else "".join(f"%{b:02X}" for b in c.encode()) for c in name)
    coded = re.sub(r"^[.-]", "_", coded) or "_"
    if len(coded.encode()) > 120:
        coded = coded.encode()[:100].decode(errors="ignore") + "-" + sha256(coded.encode()).hexdigest()[:16]
    return coded


def _read_groups(path: Path) -> dict[str, str] | None:
    """Group of each path (relative to the root, posix) that a groups.csv names; None without such a file.

    Raises UserError with file and line on a missing column, or a path named twice with different groups.
    """
    if not path.exists():
        return None
    rows = user_csv.read(path)
    if not {"path", "group"} <= set(rows.columns):
        raise UserError(f"{path}, line 1: expected the columns path,group, got {','.join(rows.columns)!r}")
    groups: dict[str, str] = {}
    for line, name, group in zip(rows.index, rows["path"], rows["group"], strict=True):
        if groups.setdefault(name, group) != group:
            raise UserError(f"{path}, line {line}: {name!r} is in {groups[name]!r} and in {group!r}")
    return groups


def _unique(path: Path, taken: set[str]) -> str:
    """A name for `path` that is not in `taken`, into which it goes."""
    name = clip_id(path)
    if name.casefold() in taken:
        name += safe(path.suffix).replace("_", ".", 1)
    stem, n = name, 2
    while name.casefold() in taken:  # folded: the name must do on file systems that do not tell A from a
        name, n = f"{stem}-{n}", n + 1
    taken.add(name.casefold())
    return name


def _is_folder(path: Path) -> bool:
    """Whether `path` is a folder or a link to one; False if that cannot be told."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False
