"""Clips to measure on: the audio files of a folder, or music-like ones of 30 s made on the spot."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile

RATE_HZ = 22050


@contextmanager
def clips(folder: str | None, n: int) -> Iterator[list[Path]]:
    """Paths of all audio files of `folder`, or of `n` generated ones that are gone afterwards."""
    if folder:
        yield sorted(p for p in Path(folder).rglob("*") if p.suffix in {".wav", ".au", ".flac"})
        return
    with TemporaryDirectory() as made:
        yield make(Path(made), n)


def make(folder: Path, n: int, duration_s: float = 30.0) -> list[Path]:
    """Write `n` clips of decaying chords over noise, 16-bit wav, four notes a second."""
    t = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    for i in range(n):
        rng = np.random.default_rng(i)
        hz = 220 * 2 ** (rng.integers(0, 24, (round(duration_s * 4) + 1, 3)) / 12)
        phase = 2 * np.pi * np.cumsum(hz[(t * 4).astype(int)], axis=0) / RATE_HZ
        y = np.sin(phase).sum(axis=1) * np.exp(-6 * (t % 0.25)) / 4 + rng.normal(0, 0.02, len(t))
        soundfile.write(folder / f"clip{i:04d}.wav", y, RATE_HZ)
    return sorted(folder.glob("clip*.wav"))
