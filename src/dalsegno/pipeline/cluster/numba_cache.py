"""The folder in which numba keeps librosa's compiled functions: always writable, and written by one process at a time."""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

VARIABLE = "NUMBA_CACHE_DIR"
PASSING = "dalsegno-numba-"  # of a folder that goes when the process ends
FILLED = "DALSEGNO_NUMBA_CACHE_FILLED"  # tells the workers of a process which parts they only read


@contextmanager
def locked(part: str) -> Iterator[None]:
    """Import a part of what numba compiles in here: one process compiles it, and the others wait until they can read it.

    Two processes that fill the cache at once can each read machine code of another function there, and crash.
    """
    filled = os.environ.get(FILLED, "").split()
    if part in filled:
        yield
        return
    folder = _folder()
    os.environ[VARIABLE] = str(folder)
    with FileLock(folder / "lock"):
        if not filled and not any(folder.rglob("*.nbi")):
            passing = folder.name.startswith(PASSING)
            often = (
                f"each time, as the home folder cannot be written; {VARIABLE} names another"
                if passing
                else "once on this machine"
            )
            print(f"compiling parts of librosa, {often}: about 20 s", file=sys.stderr, flush=True)
        yield
    os.environ[FILLED] = " ".join([*filled, part])


def _folder() -> Path:
    """The user's choice, or one in the home folder; where neither can be written, one that goes when the process ends."""
    try:
        folder = Path(os.environ.get(VARIABLE) or Path.home() / ".cache" / "dalsegno" / "numba")
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except (OSError, RuntimeError):  # there is no home, or a file in its place
        pass
    passing = tempfile.mkdtemp(prefix=PASSING)
    atexit.register(shutil.rmtree, passing, ignore_errors=True)
    return Path(passing)
