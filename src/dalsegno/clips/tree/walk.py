"""What lies below the root of a data set."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path

from dalsegno.pipeline.errors import UserError, hint

SYSTEM = frozenset({
    "$recycle.bin", "recycler", "recycled", "#recycle", "#snapshot", "@eadir", "@recycle", "@recently-snapshot",
    "@sharebin", ".@__thumb", "__macosx", "lost+found", "found.000", "system volume information",
    "network trash folder", "temporary items", ".appledouble", ".fseventsd", ".documentrevisions-v100",
    ".temporaryitems", "__pycache__",
})  # fmt: skip
"""Folders that operating systems and servers leave behind, in lower case."""


class Missing(UserError):
    """A folder does not hold a data set of the layout that is asked for."""


def check(root: Path, expects: str) -> None:
    """Raise Missing saying what was expected if `root` is not a folder, an empty one, or one that cannot be read."""
    try:
        state = "" if any(root.iterdir()) else "is empty"
    except NotADirectoryError:
        state = "is not a folder"
    except FileNotFoundError:
        state = "is not there"
    except OSError as error:
        state = f"cannot be read ({error.strerror})"
    if state:
        raise missing(root, state, expects)


def where(root: Path) -> str:
    """How a message names `root`: a relative path is followed by the folder that it is relative to."""
    return repr(str(root)) + ("" if root.is_absolute() else f" (in {Path.cwd()})")


def nearest(root: Path) -> str:
    """The end of a message about a folder that is not there: how to fetch it if DVC tracks it, or the folder beside it whose name
    is nearest, or nothing."""
    if root.parts[:1] == ("~",):
        return "; write out what ~ stands for"
    if (pointer := Path(f"{root}.dvc")).is_file():
        return f"; `dvc pull {shlex.quote(str(pointer))}` fetches it"
    parent = root.parent
    beside = sorted(str(parent / path.name) for path in folders(parent)) if is_folder(parent) else []
    return hint(str(root), beside)


def missing(root: Path, state: str, expects: str, *more: str) -> Missing:
    """The error of a data set that is not where the user says; `state` says what is there instead, `more` what to do."""
    layout = "\n".join(f"    {line}" for line in expects.strip().splitlines())
    near = "" if is_folder(root) else nearest(root)
    return Missing("\n  ".join([f"{where(root)} {state}{near}. Expected there:\n{layout}", *more]))


def is_system(name: str) -> bool:
    """Whether a folder of this name is the rubbish bin, index or cache of an operating system or server."""
    return name.casefold() in SYSTEM or name.casefold().startswith((".trash", ".spotlight-"))


def walk(root: Path, suffixes: frozenset[str]) -> list[Path]:
    """Every entry below `root` whose name ends in one of `suffixes`, whatever it is, sorted.

    Folders that cannot be read and links back to a folder that is read anyway are listed as well, so that they are
    named and not passed over. Links to folders elsewhere are followed last; folders of the system are passed over.
    """
    return _walk(root, lambda path: path.suffix.lower() in suffixes)


def files(root: Path) -> list[Path]:
    """Every file below `root` of whatever suffix, sorted, but for hidden ones and those of the system."""
    return [p for p in _walk(root, lambda path: not is_folder(path)) if not p.name.startswith(".") and not is_folder(p)]


def folders(root: Path) -> list[Path]:
    """The folders directly below `root`, sorted, but for hidden ones and those of the system."""
    inside = [path for path in root.iterdir() if is_folder(path)]
    return sorted(path for path in inside if not path.name.startswith(".") and not is_system(path.name))


def is_folder(path: Path) -> bool:
    """Whether `path` is a folder or a link to one; False if that cannot be told."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _walk(root: Path, listable: Callable[[Path], bool]) -> list[Path]:
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
            if listable(path):
                listed.append(path)
            elif is_folder(path) and not is_system(entry.name):
                target = path.resolve()
                if target in seen:
                    listed.append(path)
                else:
                    seen.add(target)
                    (links if entry.is_symlink() else todo).append(path)
    return sorted(listed)
