"""Clips that are a part of a longer file: `concert.flac#t=12.5,20`, as the W3C's media fragments write it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import soundfile

_FRAGMENT = re.compile(r"#t=(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)?$")


class Opened(NamedTuple):
    """A file that is open at the first frame of a clip, and the frames that the clip is to have."""

    sound: soundfile.SoundFile
    start: int  # the frame of the file that it begins with
    n_frames: int  # as the header or the fragment promises
    whole: bool  # whether the clip is the whole file


def name(path: Path, start_s: float, end_s: float | None) -> Path:
    """The path of the part of `path` from `start_s` to `end_s` (None: to its end)."""
    return path.with_name(f"{path.name}#t={start_s:.15g},{'' if end_s is None else f'{end_s:.15g}'}")


def place(path: str | Path) -> tuple[Path, float, float | None]:
    """The file that a path names, and where in it the clip begins and ends, in seconds; None: at the file's end."""
    fragment = _FRAGMENT.search(str(path))
    if not fragment or Path(path).exists():  # a file may be called so
        return Path(path), 0.0, None
    file = Path(str(path)[: fragment.start()])
    return file, float(fragment[1]), float(fragment[2]) if fragment[2] else None


@contextmanager
def opened(path: str | Path) -> Iterator[Opened]:
    """Open the file of a clip at its first frame.

    Raises soundfile.SoundFileError or OSError where it cannot be opened, ValueError if it ends before the clip begins.
    """
    file, start_s, end_s = place(path)
    with soundfile.SoundFile(file) as sound:
        start, stop = round(start_s * sound.samplerate), sound.frames
        if start and start >= sound.frames:
            raise ValueError(f"begins at {start_s:g} s, and the file ends at {sound.frames / sound.samplerate:.2f} s")
        if start:
            sound.seek(start)
        if end_s is not None:
            stop = round(end_s * sound.samplerate)
        yield Opened(sound, start, stop - start, not start and end_s is None)


def blocks(clip: Opened, size: int, dtype: str = "float32") -> Iterator:
    """Yield the frames of a clip [shape=(n, n_channels)], `size` at a time; a whole file is read to its end, whatever its
    header promises."""
    n_left = clip.n_frames
    while clip.whole or n_left > 0:
        block = clip.sound.read(size if clip.whole else min(size, n_left), dtype=dtype, always_2d=True)
        if not len(block):
            return
        n_left -= len(block)
        yield block
