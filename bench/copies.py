"""How many near copies the doctor finds among variants made from the clips of a folder, and how many pairs it makes up.

python bench/copies.py FOLDER …; each holds different clips, audio of any kind. A copy of each clip is made at another
gain, bit rate or sample rate, or shifted by up to a second, and the doctor looks at originals and variants of one kind
together. Bars: 95% found, no pair of different clips.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile as sf
from scipy.signal import resample_poly

from dalsegno.artefacts.data_set.clips_csv import AUDIO
from dalsegno.clips import examine
from dalsegno.clips.dataset import Params
from dalsegno.clips.tree.walk import walk
from dalsegno.pipeline.runtime import Runtime

Samples = tuple[np.ndarray, int]


def gain(db: float) -> Callable[[np.ndarray, int], Samples]:
    return lambda y, rate: (np.clip(y * 10 ** (db / 20), -1, 1), rate)


def later(seconds: float) -> Callable[[np.ndarray, int], Samples]:
    return lambda y, rate: (np.r_[np.zeros(int(seconds * rate)), y], rate)


def cut(seconds: float) -> Callable[[np.ndarray, int], Samples]:
    return lambda y, rate: (y[int(seconds * rate) :], rate)


def resampled(to: int) -> Callable[[np.ndarray, int], Samples]:
    return lambda y, rate: (resample_poly(y, to, rate), to)


LOSSLESS, OGG = {"suffix": ".wav"}, {"suffix": ".ogg", "compression_level": 0.6}
MP3 = {"suffix": ".mp3", "bitrate_mode": "CONSTANT", "compression_level": 0.63}  # 64 kb/s
KINDS = {
    "-12 dB": (gain(-12), LOSSLESS),
    "+6 dB": (gain(6), LOSSLESS),
    "ogg": (gain(0), OGG),
    "mp3": (gain(0), MP3),
    "0.5 s later": (later(0.5), LOSSLESS),
    "1 s later": (later(1.0), LOSSLESS),
    "0.1 s cut": (cut(0.1), LOSSLESS),
    "0.3 s cut": (cut(0.3), LOSSLESS),
    "1 s cut": (cut(1.0), LOSSLESS),
    "8 kHz": (resampled(8000), LOSSLESS),
    "48 kHz": (resampled(48000), LOSSLESS),
    "-6 dB, 0.7 s later, mp3": (lambda y, rate: gain(-6)(*later(0.7)(y, rate)), MP3),
}


def vary(paths: list[Path], kind: str, root: Path) -> int:
    """Write the originals and a variant of each below `root`; a clip of which less than half a second is left has none."""
    made, (change, how) = 0, KINDS[kind]
    how = dict(how)
    suffix = how.pop("suffix")
    for name in ("original", "variant"):
        (root / name).mkdir()
    for i, path in enumerate(paths):
        y, rate = sf.read(path, dtype="float32", always_2d=True)
        sf.write(root / "original" / f"{i:05d}.wav", y, rate)
        y, rate = change(y.mean(1), rate)
        if len(y) >= rate / 2:
            sf.write(root / "variant" / f"{i:05d}{suffix}", y, rate, **how)
            made += 1
    return made


def main(*folders: str) -> None:
    paths = [path for root in folders for path in walk(Path(root), AUDIO)]
    total = np.zeros(3, int)
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as root:
            made = vary(paths, kind, Path(root))
            p = Params(name="folders", root=root)
            pairs = examine.examine(Path(root), p, Runtime(workers=2)).copies
        right = pairs["clip_id_a"].str[-5:] == pairs["clip_id_b"].str[-5:]
        total += (right.sum(), made, (~right).sum())
        print(f"{kind:<24} {right.sum():5d} of {made:5d} found; {(~right).sum()} pairs of different clips", flush=True)
    print(f"{'all':<24} {total[0] / total[1]:.1%} of {total[1]} found; {total[2]} pairs of different clips")


if __name__ == "__main__":
    main(*sys.argv[1:])
