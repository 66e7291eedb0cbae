"""Log-mel spectrograms as the networks of EfficientAT hear them (Schmid, Koutini, Widmer 2023, arXiv 2211.04772).

32 kHz, pre-emphasis, a symmetric Hann window of 25 ms every 10 ms, 128 of Kaldi's mel bands up to 15 kHz, natural
logarithm, and a scale that brings most of it into [-1, 1]. The published weights fit no other values, so there is
nothing to set.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, overload

import numpy as np
import scipy.fft
from jaxtyping import Float32, Int16

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


def blocks(path: Path, p: Params) -> Iterator[Int16[np.ndarray, "n_frames 128"]]:
    """The clip's spectrogram as stored, in blocks; rounding moves an embedding by less than 1e-4.

    Half precision would take as much room and move it ten times as far. Raises UserError as audio.recording does.
    """
    for x in log_mel(audio.recording(path, SAMPLE_RATE_HZ)):
        yield np.round((x - OFFSET) / SCALE).clip(-(2**15), 2**15 - 1).astype(np.int16)


def meta(p: Params) -> dict[str, Any]:
    """The entries of meta.json for a store of this kind."""
    rates = {"sample_rate_hz": SAMPLE_RATE_HZ, "hop_length": HOP_LENGTH, "n_fft": N_FFT}
    unit = {"unit": "(ln power + 4.5) / 5", "db_per_unit": 5 * kaldi.DB_PER_NEPER}
    places = {"scale": SCALE, "offset": OFFSET, "floor": float(_scaled(np.float32(0)))}
    return {"kind": "efficientat", **rates, **unit, **places, "frame_rate_hz": SAMPLE_RATE_HZ / HOP_LENGTH}


def log_mel(samples: Iterable[audio.Samples]) -> Iterator[Float32[np.ndarray, "n_frames 128"]]:
    """Scaled log-mel spectrum of samples at 32 kHz: 1 + (n_samples - 1) // 320 frames, most of it in -1 … 1."""
    window = np.hanning(WINDOW).astype(np.float32)
    filters = kaldi.mel_filters(SAMPLE_RATE_HZ, N_FFT, N_MELS, F_MIN_HZ, F_MAX_HZ)
    for framed in spectrum.frames(_emphasised(samples), WINDOW, HOP_LENGTH, pad="reflect"):
        x = scipy.fft.rfft(framed * window, N_FFT, axis=1)
        yield _scaled((np.square(x.real) + np.square(x.imag)) @ filters)


def _emphasised(samples: Iterable[audio.Samples]) -> Iterator[audio.Samples]:
    """What each sample adds to PRE_EMPHASIS times the one before it; a single sample is followed by a zero."""
    last, alone = np.zeros(0, np.float32), True
    for block in samples:
        y = np.concatenate([last, block])
        if len(y) > 1:
            yield y[1:] - np.float32(PRE_EMPHASIS) * y[:-1]
            alone = False
        last = y[-1:]
    if alone:
        yield np.float32(-PRE_EMPHASIS) * last


@overload
def _scaled(power: np.float32) -> np.float32: ...
@overload
def _scaled(power: Float32[np.ndarray, "..."]) -> Float32[np.ndarray, "..."]: ...
def _scaled(power: Float32[np.ndarray, "..."] | np.float32) -> Float32[np.ndarray, "..."] | np.float32:
    """Power as the networks hear it: (ln power + 4.5) / 5."""
    return (np.log(power + EPSILON) + np.float32(4.5)) / np.float32(5)
