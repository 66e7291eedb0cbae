"""Files and folders put to a model one by one: what cannot be read gets a message, and the rest goes on."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from dalsegno.clips import entry
from dalsegno.clips.tree import formats, walk
from dalsegno.inference import timeline
from dalsegno.inference.hearing import changes, shortfall
from dalsegno.inference.hearing.silence import Unheard
from dalsegno.inference.model import Model
from dalsegno.pipeline import progress
from dalsegno.pipeline.errors import UserError, counted, gist
from dalsegno.sound.opening import stream


@dataclass(frozen=True)
class Answer:
    """The probabilities of a file, or of its part from `start_s` to `stop_s`.

    fault: why there are none, if it could not be read. note: that there is no sound in it to judge by, or that the file was cut
    off, with its only or its first answer.
    """

    path: Path
    p: Float64[np.ndarray, " label"] | None = None
    start_s: float | None = None
    stop_s: float | None = None
    fault: str | None = None
    note: str | None = None


def listed(paths: list[Path], suffixes: frozenset[str]) -> list[tuple[Path, str | None]]:
    """The files that `paths` mean, those in folders included, and what is already known to be wrong with each.

    A file that is named is taken whatever its suffix; of a folder those are that have one of `suffixes`, but for hidden ones,
    whose number is told.
    """
    found: list[tuple[Path, str | None]] = []
    for path in paths:
        if not walk.is_folder(path):
            found.append((path, fault(path)))
            continue
        inside = walk.walk(path, suffixes)
        read = _shown(path, inside)
        if hidden := len(inside) - len(read):
            progress.warn(
                f"dalsegno: {path}: {counted(hidden, 'hidden file')} skipped; name a file to have it classified"
            )
        found += [(file, fault(file)) for file in read]
        unread = _shown(path, formats.unread(path, read)) if ".wav" in suffixes else []
        found += [(file, formats.fault(file)) for file in unread]
        if not read and not unread:
            held = formats.census(_shown(path, walk.files(path)))
            found.append(
                (path, f"this folder holds nothing that the model takes, {f'only {held}' if held else 'no file'}")
            )
    return list(dict.fromkeys(found))


def _shown(root: Path, paths: list[Path]) -> list[Path]:
    """Those of `paths` that are not hidden below `root`, as the doctor has it: nobody means a file of `.venv` by its folder."""
    return [path for path in paths if not entry.is_stray(path.relative_to(root))]


def fault(path: Path) -> str | None:
    """What is wrong with a file before it is opened; a pipe would never end."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return "a broken link" if path.is_symlink() else "there is no such file"
    except (OSError, ValueError) as error:
        return f"cannot be read: {(getattr(error, 'strerror', None) or str(error)).lower()}"
    if any("\udc80" <= c <= "\udcff" for c in str(path)):
        return "its name holds bytes that are not UTF-8; rename it"
    if stat.S_ISDIR(state.st_mode):
        if not os.access(path, os.R_OK | os.X_OK):
            return "a folder that cannot be read: permission denied"
        return "a link to a folder that is read anyway" if path.is_symlink() else "a folder, not a file"
    if not stat.S_ISREG(state.st_mode):
        return "a pipe, socket or device, not a file; write what comes out of it into a file first"
    return formats.fault(path) or (None if state.st_size else "it is empty, not one byte")


def answers(model: Model, files: list[tuple[Path, str | None]], every_s: float | None) -> Iterator[Answer]:
    """What the model says of each file, or, if `every_s` is given, of every so many seconds of it."""
    for path, known in files:
        part, watch = path, changes.Watch(path)
        try:
            if known:
                raise UserError(known)
            note = shortfall.note(path)
            for part, at in [(path, (None, None))] if every_s is None else timeline.parts(model, path, every_s):
                answer = _answer(model, path, part, *at, note)
                watch.refuse()
                yield answer
                note = None
        except (UserError, OSError, ValueError) as error:
            said = gist(error).removeprefix(f"{part}: ").removeprefix(f"{path}: ")
            yield Answer(path, fault=changes.CHANGED if watch.changed else said)


def _answer(
    model: Model, path: Path, part: Path, start_s: float | None, stop_s: float | None, note: str | None
) -> Answer:
    """The answer about the file `part`, which is `path` or what it holds from `start_s` to `stop_s`, with a `note` on the file."""
    try:
        with stream.quiet():
            return Answer(path, model.clip(part), start_s, stop_s, note=note)
    except Unheard as error:
        return Answer(path, None, start_s, stop_s, note=gist(error).removeprefix(f"{part}: "))
