"""Outputs that are whole or not there at all."""

import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from dalsegno.pipeline.cluster import ranks
from dalsegno.pipeline.errors import FULL, UserError

DEVICES = Path("/dev")  # also holds links to files, such as stdout
_LIVE: set[str] = set()  # names of drafts of this process


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, file or folder; it replaces `path` on success and is removed on failure.

    Of several processes that train one network the first alone replaces outputs; the others keep what lies in drafts of
    their own. Raises UserError if `path` is a device or the like, which root would replace by a file.
    """
    path = Path(path)
    special = path.exists() and not (path.is_file() or path.is_dir())
    if special or path.absolute().parent == DEVICES:
        raise UserError(f"{path}: a pipe, socket or device; expected a file to write")
    with scratch(path) as draft:
        yield draft
        if ranks.rank() and not _LIVE & {part.name for part in path.absolute().parents}:
            return
        if draft.is_dir():
            remove(path)
        os.replace(draft, path)


def kept(folder: str | Path, draft: Path) -> Path:
    """Where a process writes what grows in place: `folder`, or for others than the first a folder in its own `draft`."""
    return Path(folder) if ranks.rank() == 0 else draft / "not_kept"


@contextmanager
def scratch(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, file or folder, which is removed in the end.

    Its name holds the process: what a killed one has left of the same output is removed, what a live one writes is not.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in _leftovers(path):
        remove(leftover)
    draft = path.parent / f".{path.name}.{os.getpid():08x}{uuid.uuid4().hex[:8]}.part"
    _LIVE.add(draft.name)
    try:
        try:
            yield draft
        finally:
            _LIVE.discard(draft.name)
            remove(draft)
    except OSError as error:
        named = str(draft) if error.filename is None and error.errno in FULL else error.filename
        if isinstance(named, str):
            error.filename = named.replace(str(draft), str(path))  # which is what the user knows
        raise


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with atomic(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")


def _leftovers(path: Path) -> list[Path]:
    """Drafts of `path`, and drafts of these, whose process is gone, even if this one has its number, as in a container."""
    name = re.compile(rf"\.+{re.escape(path.name)}\.([0-9a-f]{{8}})[0-9a-f]{{8}}\.part(\.[0-9a-f]{{16}}\.part)*")
    drafts = [(match, draft) for draft in path.parent.iterdir() if (match := name.fullmatch(draft.name))]
    return [draft for match, draft in drafts if not _is_written(draft, int(match[1], 16))]


def _is_written(draft: Path, process: int) -> bool:
    import psutil  # only where something was left behind

    if process == os.getpid():
        return draft.name in _LIVE
    try:  # a killed process that nobody waits for, as in a container, is a zombie
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:  # another user's, on some systems
        return True


def digest(paths: Iterable[Path]) -> str:
    """A SHA-256 of files and of what is in folders, byte by byte."""
    each = [sorted(f for f in path.rglob("*") if f.is_file()) if path.is_dir() else [path] for path in paths]
    whole = hashlib.sha256()
    for path in chain.from_iterable(each):
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def state(path: Path) -> tuple[int, int] | None:
    """Size in bytes and time of the last write in ns, by which a change shows; None of what cannot be asked, such as no file."""
    try:
        state = path.stat()
    except (OSError, ValueError):
        return None
    return state.st_size, state.st_mtime_ns


def remove(path: Path) -> None:
    """Remove a file or a whole folder, or a link to either; nothing if there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
