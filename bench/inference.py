"""Peak memory of `dalsegno predict` on a recording of 60 minutes, and its speed, for every model of a run.

Aimed at: below 1,000 MiB. Of 10 s it is up to 850 MiB, of which `import torch` is 500 and librosa about 100.

    python bench/inference.py [MODEL …]

Runs in a repository in which models are stored in runs/; without a MODEL all of them are asked, each in a process of its
own, about 10 seconds and about 60 minutes of stereo at 44.1 kHz, and about the parts of the latter. Linux only.
"""

import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile as sf

from dalsegno.inference.stored import find

RATE_HZ, LONG_S, SHORT_S = 44_100, 3600, 10


def main(*names):
    """Print the peak and the seconds of each model, a column for each length."""
    with TemporaryDirectory() as folder:
        short, long = Path(folder, "short.flac"), Path(folder, "long.flac")
        record(short, SHORT_S)
        record(long, LONG_S)
        print(f"{'MiB, seconds':<28}{'10 s':>16}{'60 min':>16}{'60 min, parts':>16}{'hours per hour':>16}")
        for name in names or find.keys():
            runs = [asked(name, short), asked(name, long), asked(name, long, "--timeline", "10")]
            cells = "".join(f"{f'{peak / 1024:.0f}  {wall_s:.1f}':>16}" for peak, wall_s in runs)
            print(f"{name:<28}{cells}{LONG_S / (runs[1][1] - runs[0][1]):>16.0f}", flush=True)


def record(path, seconds):
    """Chords in noise, another one each second."""
    rng = np.random.default_rng(0)
    t = np.arange(RATE_HZ) / RATE_HZ
    with sf.SoundFile(path, "w", RATE_HZ, 2) as file:
        for _ in range(seconds):
            tones = np.sin(2 * np.pi * rng.uniform(80, 4000, (3, 1)) * t).sum(0) / 8
            file.write(tones[:, None] * [1, 0.7] + rng.normal(0, 0.02, (RATE_HZ, 2)))


def asked(name, path, *options):
    """Peak KiB and seconds of one `dalsegno predict`."""
    began = time.perf_counter()
    words = ["-c", "from dalsegno.cli.main import main; main()", "predict", name, str(path), *options]
    pid = os.posix_spawn(
        sys.executable, [sys.executable, *words], os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0), (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)],
    )  # fmt: skip
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit(f"dalsegno predict {name} {path} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_maxrss, time.perf_counter() - began


if __name__ == "__main__":
    main(*sys.argv[1:])
