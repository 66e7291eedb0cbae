"""Clips a second of the spectrograms stage, against a picture per clip: librosa.display.specshow and savefig.

    python bench/spectrograms.py [FOLDER]

Aimed at: 40 times. Both sides show the same thing, from the file: a log-mel spectrogram, and the log STFT of 1,025 bins
that most notebooks draw.
"""

import sys
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import librosa
import librosa.display
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from clips import clips
from threadpoolctl import threadpool_limits

from dalsegno.artefacts import spectrogram_store
from dalsegno.pipeline import params, runtime

matplotlib.use("Agg")
N_PICTURES = 4  # of each kind: a picture takes a second or more, and all alike


def logmel(y, sr):
    """The spectrogram behind the picture."""
    return librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=sr), ref=np.max)


def stft(y, sr):
    """The spectrogram behind the picture."""
    return librosa.power_to_db(np.abs(librosa.stft(y)) ** 2, ref=np.max)


def picture(path, spectrogram, y_axis, png):
    """One clip as a picture file."""
    y, sr = librosa.load(path)
    fig = plt.figure(figsize=(10, 6))
    librosa.display.specshow(spectrogram(y, sr), sr=sr, x_axis="time", y_axis=y_axis)
    fig.savefig(png)
    plt.close(fig)


def main(folder=None):
    """Time a store of all clips with one worker and with two, and some pictures between."""
    with clips(folder, 48) as paths, TemporaryDirectory() as tmp, threadpool_limits(1):
        for name, spectrogram, y_axis in (("logmel", logmel, "mel"), ("stft", stft, "log")):
            png = Path(tmp, "picture.png")
            picture(paths[0], spectrogram, y_axis, png)
            start = time.perf_counter()
            for path in paths[:N_PICTURES]:
                picture(path, spectrogram, y_axis, png)
            pictures = N_PICTURES / (time.perf_counter() - start)
            print(f"{name}: pictures, one process: {pictures:.2f} clips/s")
            for n in (1, 2):
                rate = stored(name, paths, n, Path(tmp, "store"))
                print(f"{name}: stored, workers {n}: {rate:.1f} clips/s, {rate / pictures:.1f} times the pictures")


def whole(name, path):
    """The spectrogram of a file as the stage stores it."""
    kind = params.component("dalsegno.spectrograms", name)
    return np.concatenate(list(kind.blocks(path, kind.Params())))


def stored(name, paths, n, folder):
    """Clips a second of `n` workers that have started already, written to disk."""
    kind = params.component("dalsegno.spectrograms", name)
    compute, r = partial(whole, name), runtime.Runtime(workers=n, device="cpu")
    for timed in (paths[: 4 * n + 1], paths):
        start = time.perf_counter()
        frames = runtime.map(compute, timed, len(timed), r, name)
        spectrogram_store.write(
            folder, ((str(p), x) for p, x in zip(timed, frames, strict=True)), kind.meta(kind.Params())
        )
        took = time.perf_counter() - start
    return len(paths) / took


if __name__ == "__main__":
    main(*sys.argv[1:])
