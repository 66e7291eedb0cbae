"""Clips a second of the features stage, against one librosa call per feature on the same clips.

    python bench/features.py [FOLDER]

Both sides run in one process, which keeps memory from clip to clip as a worker of the stage does. Aimed at: 7.5 times librosa
on one core, and 1.7 times one worker with two.
"""

import os
import sys
import time
from functools import partial

import librosa
import numpy as np
import soundfile
from clips import clips
from scipy import stats
from threadpoolctl import threadpool_limits

from dalsegno.features import compute, registry, statistics
from dalsegno.pipeline import runtime
from dalsegno.pipeline.cluster import kept_memory

P = compute.Params(use=list(registry.FEATURES), stats=list(statistics.STATISTICS))


def one_call_each(path):
    """What a notebook does; MFCCs are shared with their deltas, and tonnetz is of the cheaper chroma."""
    y, sr = librosa.load(path)
    mfcc = librosa.feature.mfcc(y=y, sr=sr)
    values = [
        mfcc,
        librosa.feature.delta(mfcc),
        librosa.feature.delta(mfcc, order=2),
        librosa.feature.chroma_stft(y=y, sr=sr),
        librosa.feature.spectral_contrast(y=y, sr=sr),
        librosa.feature.spectral_centroid(y=y, sr=sr),
        librosa.feature.spectral_bandwidth(y=y, sr=sr),
        librosa.feature.spectral_rolloff(y=y, sr=sr),
        librosa.feature.spectral_flatness(y=y),
        librosa.feature.zero_crossing_rate(y),
        librosa.feature.rms(y=y),
        np.abs(librosa.stft(y))[: P.n_bands],
        librosa.feature.tonnetz(chroma=librosa.feature.chroma_stft(y=y, sr=sr), sr=sr),
        librosa.onset.onset_strength(y=y, sr=sr)[None],
    ]
    librosa.feature.tempo(y=y, sr=sr)
    return [
        f(x, axis=1) for x in values for f in (np.mean, np.std, np.median, np.min, np.max, stats.skew, stats.kurtosis)
    ]


def main(folder=None):
    """Time both sides clip by clip in turn, then one worker against two on the same work."""
    ours = partial(compute.compute, p=P)
    with clips(folder, 12) as paths, threadpool_limits(1):
        seconds = sum(soundfile.info(p).duration for p in paths)
        print(f"{len(paths)} clips, {seconds / len(paths):.1f} s each on average")
        ours(("warm", paths[0])), one_call_each(paths[0])
        took = np.zeros(2)
        for path in paths:
            for side, run in enumerate((lambda p: ours((p.stem, p)), one_call_each)):
                start = time.perf_counter()
                run(path)
                took[side] += time.perf_counter() - start
        rates = len(paths) / took
        print(f"one core: dalsegno {rates[0]:.1f} clips/s, librosa {rates[1]:.1f}: {rates[0] / rates[1]:.2f} times")
        one, two = (workers(ours, paths, n) for n in (1, 2))
        print(f"workers: one {one:.1f} clips/s, two {two:.1f}: {two / one:.2f} times")


def workers(function, paths, n):
    """Clips a second of `n` workers that have started already."""
    items = [(p.stem, p) for p in paths] * max(1, 96 // len(paths))
    r = runtime.Runtime(workers=n)
    for timed in (items[: 8 * n], items):
        start = time.perf_counter()
        for _ in runtime.map(function, timed, len(timed), r, f"{n} workers"):
            pass
        took = time.perf_counter() - start
    return len(items) / took


if __name__ == "__main__":
    if not kept_memory.VARIABLES.keys() <= os.environ.keys():
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | kept_memory.VARIABLES)
    main(*sys.argv[1:])
