"""Log-mel spectrograms as the Audio Spectrogram Transformer hears them (Gong, Chung, Glass 2021, arXiv 2104.01778).

Kaldi's filter banks: 16 kHz, frames of 25 ms every 10 ms without padding, each freed of its mean and pre-emphasised,
a symmetric Hann window, 128 mel bands from 20 Hz on, natural logarithm; then (x - mean) / (2 std).
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import scipy.fft
from jaxtyping import Float32, Int16
from pydantic import Field

from dalsegno.pipeline.params import section
from dalsegno.sound import audio, kaldi, spectrum

SAMPLE_RATE_HZ, N_FFT, WINDOW, HOP_LENGTH = 16_000, 512, 400, 160
N_MELS, F_MIN_HZ, F_MAX_HZ = 128, 20.0, 8000.0
PRE_EMPHASIS = np.float32(0.97)
EPSILON = np.finfo(np.float32).eps  # the least power
STEP, MIDDLE = 5e-4, -1.0  # of the logarithm as stored: 16 bits around e ** -1


@section
class Params:
    """`options:` of a `kind: ast` entry: what a published network was trained with, in its preprocessor_config.json."""

    mean: float = -4.2677393  # of the log-mel values of the data set that it learnt from; these are AudioSet's
    std: Annotated[float, Field(gt=0)] = 4.5689974


def blocks(path: Path, p: Params) -> Iterator[Int16[np.ndarray, "n_frames 128"]]:
    """The clip's spectrogram as stored, in blocks, rounded to 0.00025 nepers of power.

    Raises UserError as audio.recording does.
    """
    for x in log_mel(audio.recording(path, SAMPLE_RATE_HZ)):
        yield np.round((x - MIDDLE) / STEP).astype(np.int16)


def meta(p: Params) -> dict[str, Any]:
    """The entries of meta.json for a store of this kind. Its floor is what the authors pad with: 0 before the scaling."""
    rates = {"sample_rate_hz": SAMPLE_RATE_HZ, "hop_length": HOP_LENGTH, "n_fft": N_FFT}
    width = 2 * p.std
    unit = {"unit": "(ln power - mean) / (2 std)", "db_per_unit": width * kaldi.DB_PER_NEPER, "scale": STEP / width}
    unit |= {"mean": p.mean, "std": p.std}
    places = {"offset": (MIDDLE - p.mean) / width, "floor": -p.mean / width}
    return {"kind": "ast", **rates, **unit, **places, "frame_rate_hz": SAMPLE_RATE_HZ / HOP_LENGTH}


def log_mel(samples: Iterable[audio.Samples]) -> Iterator[Float32[np.ndarray, "n_frames 128"]]:
    """Log-mel spectrum, in nepers of power, of samples at 16 kHz: 1 + (n_samples - 400) // 160 frames, at least one."""
    window = np.hanning(WINDOW).astype(np.float32)
    filters = kaldi.mel_filters(SAMPLE_RATE_HZ, N_FFT, N_MELS, F_MIN_HZ, F_MAX_HZ)
    for x in spectrum.frames(samples, WINDOW, HOP_LENGTH, pad=None):
        x = x - x.mean(axis=1, keepdims=True)
        x -= PRE_EMPHASIS * np.concatenate([x[:, :1], x[:, :-1]], axis=1)
        spectra = scipy.fft.rfft(x * window, N_FFT, axis=1)
        yield np.log(np.maximum((np.square(spectra.real) + np.square(spectra.imag)) @ filters, EPSILON))
