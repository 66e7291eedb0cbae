"""Small audio files made on the spot, and the doctor's examination of a folder of them."""

from pathlib import Path

import numpy as np
import soundfile as sf

from dalsegno.clips import examine as examination
from dalsegno.clips.dataset import Params
from dalsegno.pipeline.runtime import Runtime

RATE = 22050


def tune(seed, seconds=8.0):
    """A melody of decaying, slightly noisy notes [shape=(n,)]."""
    rng = np.random.default_rng(seed)
    y = np.zeros(int(seconds * RATE))
    t = np.arange(RATE) / RATE
    for start in np.arange(0, seconds - 0.1, 0.17):
        f = 220 * 2 ** (rng.integers(0, 30) / 12)
        wave = sum(np.sin(2 * np.pi * f * k * t) / k for k in range(1, 6)) + rng.normal(0, 0.3, len(t))
        at = int((start + rng.uniform(0, 0.1)) * RATE)
        piece = (wave * np.exp(-t * rng.uniform(4, 20)) * rng.uniform(0.2, 1))[: len(y) - at]
        y[at : at + len(piece)] += piece
    return (0.3 * y / np.abs(y).max()).astype(np.float32)


def save(path, y, rate=RATE, **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, y, rate, **how)


def examine(root, name="folders", **more):
    return examination.examine(Path(root), Params(name=name, root=str(root), **more), Runtime(workers=1))


def reason(examination, path):
    rows = examination.clips
    return rows.loc[rows["path"] == path, "excluded"].item()
