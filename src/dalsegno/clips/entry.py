"""Whether something that a data set's folder lists is a file that can be opened at all, before anything is decoded."""

import os
import stat
import unicodedata
from pathlib import Path


def is_stray(relative: Path) -> bool:
    """Whether a file whose path below a root is `relative` is hidden, or in a hidden folder, or left behind by an archive."""
    return any(part.startswith(".") or part == "__MACOSX" for part in relative.parts)


def name_fault(relative: Path) -> str:
    """Why a file cannot be used whose path below the data set's root is `relative`; empty if it can."""
    if is_stray(relative):
        return "stray file: hidden, or left behind by an archive"
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in relative.as_posix()):
        return "bad name: holds a control character or bytes that are not UTF-8; rename it"
    return ""


def file_fault(path: Path) -> str:
    """Why `path` is not a file with something in it; empty if it is."""
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            os.scandir(path).close()
    except OSError as error:
        return f"unreadable: {error.strerror or error}"
    if stat.S_ISDIR(state.st_mode) and path.is_symlink():
        return "not a file: a link to a folder around it, or to one that is read already"
    if stat.S_ISDIR(state.st_mode):
        return "not a file: a folder with the name of an audio file"
    if not stat.S_ISREG(state.st_mode):
        return "not a file: a pipe, socket or device"
    return "" if state.st_size else "empty: not one byte"
