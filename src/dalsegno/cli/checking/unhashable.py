"""What makes DVC fail or hang when it hashes a folder."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from dalsegno.pipeline.errors import listed


def reasons(path: Path) -> list[str]:
    """What below `path` makes DVC fail or hang, a line per kind."""
    kinds: dict[str, list[str]] = {}
    for name, kind in _faults(path):
        kinds.setdefault(kind, []).append(name.encode("utf-8", "backslashreplace").decode("utf-8"))
    return [
        f"DVC cannot hash {str(path)!r}: {kind}: {listed(map(repr, sorted(names)))}" for kind, names in kinds.items()
    ]


def _faults(path: Path) -> Iterator[tuple[str, str]]:
    """(path, what is wrong with it) of files and folders, links to folders not followed."""
    try:
        mode = path.stat().st_mode
        if not os.access(path, os.R_OK):
            yield str(path), "not readable"
        elif stat.S_ISDIR(mode):
            for entry in path.iterdir():
                if not entry.name.isprintable() and "\udc80" <= max(entry.name) <= "\udcff":
                    yield str(entry), "a name that is not UTF-8"
                elif not (entry.is_symlink() and entry.is_dir()):
                    yield from _faults(entry)
        elif not stat.S_ISREG(mode):
            yield str(path), "neither a file nor a folder"
    except FileNotFoundError:
        yield str(path), "a link to nowhere"
    except OSError as error:  # a link to itself
        yield str(path), str(error.strerror).lower()
