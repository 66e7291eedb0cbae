"""Clips a second that the doctor examines, with and without the search of near copies, and what memory it takes.

python bench/doctor.py [N_CLIPS] [N_NOTES]; two workers. Bars: 100 clips of 30 s a second without, 40 with the search;
10,000 notes of 4 s in a minute; memory that does not grow with the number of clips.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile as sf

from dalsegno.clips import examine
from dalsegno.clips.dataset import Params
from dalsegno.pipeline.runtime import Runtime


def corpus(root: Path, n: int, seconds: float, rate: int) -> None:
    """`n` different clips of notes over noise, in ten classes."""
    t = np.arange(int(rate * seconds)) / rate
    for i in range(n):
        rng = np.random.default_rng(i)
        y = rng.normal(0, 0.02, len(t)).astype(np.float32)
        for start in rng.uniform(0, seconds, max(1, int(3 * seconds))):
            at = int(start * rate)
            span = t[: len(t) - at][: rate // 2]
            y[at : at + len(span)] += 0.2 * np.sin(2 * np.pi * rng.uniform(100, 3000) * span) * np.exp(-8 * span)
        path = root / f"class{i % 10}" / f"{i:05d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        sf.write(path, y.clip(-1, 1), rate)


def timed(root: Path, near: bool) -> float:
    start = time.perf_counter()
    examine.examine(root, Params(name="folders", root=str(root), near_copies=near), Runtime(workers=2))
    return time.perf_counter() - start


def peak_mb() -> str:
    return f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"


def main(n_clips: int = 600, n_notes: int = 10_000) -> None:
    with tempfile.TemporaryDirectory() as folder:
        short, long, notes = Path(folder, "short"), Path(folder, "long"), Path(folder, "notes")
        corpus(short, n_clips // 4, 30, 22050)
        corpus(long, n_clips, 30, 22050)
        timed(short, False)  # starts the workers
        print(f"{n_clips // 4} clips of 30 s: {peak_mb()}")
        without, with_search = timed(long, False), timed(long, True)
        print(f"{n_clips} clips of 30 s: {n_clips / without:.0f}/s, {peak_mb()}")
        print(f"  with near copies: {n_clips / with_search:.0f}/s, {with_search / without:.1f} times as long")
        corpus(notes, n_notes, 4, 16000)
        without, with_search = timed(notes, False), timed(notes, True)
        print(f"{n_notes} notes of 4 s: {without:.1f} s, with near copies {with_search:.1f} s; {peak_mb()}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
