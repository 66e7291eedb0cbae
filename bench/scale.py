"""CPU seconds of each stage: what it takes to start, and what each clip adds; from two sizes of a data set.

    python bench/scale.py [CLIPS] [MORE_CLIPS] [SECONDS]

Clips are coloured noise, each unlike the others, in ten classes: 40 CLIPS or more leave some of each to validate on. CPU
seconds of a stage and its workers are counted, so that other work on the machine disturbs little; the rate of a Fourier
transform says how fast a core is. Aimed at: the same cost per clip at 10,000 clips as at 1,000, within 10%.
"""

import os
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import scipy.fft
import scipy.signal
import soundfile
import yaml

from dalsegno.pipeline import params

HERE = Path(__file__).resolve().parents[1]
RATE_HZ, N_LABELS = 22_050, 10
STAGES = {
    "clips": (
        "data/clips.csv",
        "data/copies.csv",
        "metrics/clips.json",
        "reports/doctor.html",
        "reports/examples.json",
    ),
    "features": ("data/clips.csv", "data/features.parquet", "data/costs/features.json"),
    "spectrograms": ("data/clips.csv", "data/spectrograms/logmel", "logmel", "data/costs/spectrograms/logmel.json"),
    "splits": ("data/clips.csv", "data/copies.csv", "1", "data/splits.csv", "metrics/splits.json"),
    "mlp": ("small", "data/features.parquet", "data/splits.csv", "runs/mlp/small", "metrics/mlp/small"),
}


def clip(folder, seconds, i):
    """A WAV file of noise between two frequencies."""
    rng = np.random.default_rng(i)
    low, high = np.sort(rng.uniform(0.01, 0.95, 2))
    sos = scipy.signal.butter(2, [low, max(high, low + 0.02)], "bandpass", output="sos")
    x = scipy.signal.sosfilt(sos, rng.normal(size=int(seconds * RATE_HZ)).astype(np.float32))
    soundfile.write(folder / f"{i:06d}.wav", 0.5 * x / np.abs(x).max(), RATE_HZ)


def lay_out(n, seconds):
    """A tree of clips and the settings of the default, a hold-out in place of its folds, ten epochs."""
    for label in range(N_LABELS):
        Path("sounds", f"label{label}").mkdir(parents=True)
        make = partial(clip, Path("sounds", f"label{label}"), seconds)
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(make, range(label * n // N_LABELS, (label + 1) * n // N_LABELS)))
    doc = params.document(HERE / "params.yaml")
    doc["dataset"] |= {"root": "sounds", "groups": "none"}
    doc["splits"] = {"protocol": "holdout", "file": "data/clips.csv"}
    doc["mlp"]["small"]["train"] |= {"epochs": 10, "patience": None}
    doc["runtime"]["device"] = "cpu"
    Path("params.yaml").write_text(yaml.safe_dump(doc))


def cpu_seconds(stage):
    """Of the stage's script and its workers."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, HERE / f"stages/{stage}.py", *STAGES[stage]], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(n, seconds):
    """CPU seconds of each stage on `n` clips."""
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        lay_out(n, seconds)
        return {stage: cpu_seconds(stage) for stage in STAGES}


def transforms_per_second():
    """Real Fourier transforms of 2,048 samples per CPU second, in blocks of 64."""
    x, n, began = np.random.default_rng(0).normal(size=(64, 2048)).astype(np.float32), 0, time.process_time()
    while time.process_time() - began < 1:
        scipy.fft.rfft(x, axis=1)
        n += len(x)
    return n


def main(n_clips=200, n_more=800, seconds=30.0):
    """Print the table."""
    few, many = int(n_clips), int(n_more)
    print(
        f"{float(seconds):g} s per clip; one core makes {transforms_per_second():,} transforms of 2,048 samples per second"
    )
    a, b = measured(few, float(seconds)), measured(many, float(seconds))
    print(
        f"\n| stage | {few:,} clips, s | {many:,} clips, s | start, s | per clip, ms |\n| --- | --- | --- | --- | --- |"
    )
    for stage in STAGES:
        each = (b[stage] - a[stage]) / (many - few)
        print(f"| {stage} | {a[stage]:.1f} | {b[stage]:.1f} | {a[stage] - few * each:.1f} | {1000 * each:.2f} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
