"""Clips that are a part of a longer file: `concert.flac#t=12.5,20`, as the W3C's media fragments write it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from dalsegno.sound.opening import stream

BLOCK = 1 << 19  # frames that are skipped at a time where nothing can be sought
_FRAGMENT = re.compile(r"#t=(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)?$")


class Opened(NamedTuple):
    """A file that is open at the first frame of a clip, and the frames that the clip is to have."""

    sound: soundfile.SoundFile
    start: int  # the frame of the file that it begins with
    n_frames: int  # as the header or the fragment promises
    whole: bool  # whether the clip is the whole file

    @property
    def stated(self) -> bool:
        """Whether the header or the fragment promises a number of frames."""
        return self.n_frames < stream.UNSTATED - self.start


def name(path: Path, start_s: float, end_s: float | None) -> Path:
    """The path of the part of `path` from `start_s` to `end_s` (None: to its end)."""
    return path.with_name(f"{path.name}#t={_plain(start_s)},{'' if end_s is None else _plain(end_s)}")


def _plain(seconds: float) -> str:
    """Seconds without an exponent, to the nanosecond."""
    return f"{seconds:.9f}".rstrip("0").rstrip(".")


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
    with stream.opened(file) as sound:
        start, stop = round(start_s * sound.samplerate), sound.frames
        if start and ((n := _skipped(sound, start)) < start or n == sound.frames):
            raise ValueError(f"begins at {start_s:g} s, and the file ends at {n / sound.samplerate:.2f} s")
        if end_s is not None:
            stop = round(end_s * sound.samplerate)
        yield Opened(sound, start, stop - start, not start and end_s is None)


def _skipped(sound: soundfile.SoundFile, n_frames: int) -> int:
    """Go on by `n_frames`; by how many there are, if these are no more."""
    if sound.seekable():
        return sound.seek(n_frames) if n_frames < sound.frames else sound.frames
    n = 0
    while n < n_frames and len(block := sound.read(min(n_frames - n, BLOCK), always_2d=True)):
        n += len(block)
    return n


def blocks(clip: Opened, size: int, dtype: str = "float32") -> Iterator[np.ndarray]:
    """Yield the frames of a clip [shape=(n, n_channels)], `size` at a time; a whole file is read to its end, whatever its
    header promises."""
    n_left = clip.n_frames
    while clip.whole or n_left > 0:
        block = clip.sound.read(size if clip.whole else min(size, n_left), dtype=dtype, always_2d=True)
        if not len(block):
            return
        n_left -= len(block)
        yield block
