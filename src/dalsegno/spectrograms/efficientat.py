"""Log-mel spectrograms as the networks of EfficientAT hear them (Schmid, Koutini, Widmer 2023, arXiv 2211.04772).

32 kHz, pre-emphasis, a symmetric Hann window of 25 ms every 10 ms, 128 of Kaldi's mel bands up to 15 kHz, natural
logarithm, and a scale that brings most of it into [-1, 1]. The published weights fit no other values, so there is
nothing to set.
"""

from pathlib import Path
from typing import Any

import numpy as np
import scipy.fft
from jaxtyping import Float, Float32, Int16

from dalsegno.pipeline.params import section
from dalsegno.sound import audio, kaldi, spectrum

SAMPLE_RATE_HZ, N_FFT, WINDOW, HOP_LENGTH = 32_000, 1024, 800, 320
N_MELS, F_MIN_HZ, F_MAX_HZ = 128, 0.0, 15_000.0
PRE_EMPHASIS = 0.97
EPSILON = np.float32(1e-5)  # added to the power, so that its logarithm stays finite
SCALE, OFFSET = 1e-4, 1.8  # 16 bits from -1.48, below silence, to 5.08, 33 dB above what full scale can reach


@section
class Params:
    """`options:` of a `kind: efficientat` entry: none."""


def frames(path: Path, p: Params) -> Int16[np.ndarray, "n_frames 128"]:
    """The clip's spectrogram as stored; rounding moves an embedding by less than 1e-4.

    Half precision would take as much room and move it ten times as far. Raises UserError as audio.load does.
    """
    x = log_mel(audio.load(path, SAMPLE_RATE_HZ))
    return np.round((x - OFFSET) / SCALE).clip(-(2**15), 2**15 - 1).astype(np.int16)


def meta(p: Params) -> dict[str, Any]:
    """The entries of meta.json for a store of this kind."""
    rates = {"sample_rate_hz": SAMPLE_RATE_HZ, "hop_length": HOP_LENGTH, "n_fft": N_FFT}
    unit = {"unit": "(ln power + 4.5) / 5", "db_per_unit": 5 * kaldi.DB_PER_NEPER}
    places = {"scale": SCALE, "offset": OFFSET, "floor": float(_scaled(np.float32(0)))}
    return {"kind": "efficientat", **rates, **unit, **places, "frame_rate_hz": SAMPLE_RATE_HZ / HOP_LENGTH}


def log_mel(y: Float[np.ndarray, " n_samples"]) -> Float32[np.ndarray, "n_frames 128"]:
    """Scaled log-mel spectrum of samples at 32 kHz: 1 + (n_samples - 1) // 320 frames, most of it in -1 … 1."""
    y = np.pad(y, (0, max(2 - len(y), 0)))
    emphasised = y[1:] - np.float32(PRE_EMPHASIS) * y[:-1]
    framed = spectrum.frames(emphasised, WINDOW, HOP_LENGTH, pad="reflect")
    window = np.hanning(WINDOW).astype(np.float32)
    filters = kaldi.mel_filters(SAMPLE_RATE_HZ, N_FFT, N_MELS, F_MIN_HZ, F_MAX_HZ)
    mels = np.empty((len(framed), N_MELS), np.float32)
    for i in range(0, len(framed), spectrum.BLOCK):
        x = scipy.fft.rfft(framed[i : i + spectrum.BLOCK] * window, N_FFT, axis=1)
        mels[i : i + spectrum.BLOCK] = (np.square(x.real) + np.square(x.imag)) @ filters
    return _scaled(mels)


def _scaled(power: Float32[np.ndarray, "..."] | np.float32) -> Float32[np.ndarray, "..."] | np.float32:
    """Power as the networks hear it: (ln power + 4.5) / 5."""
    return (np.log(power + EPSILON) + np.float32(4.5)) / np.float32(5)
