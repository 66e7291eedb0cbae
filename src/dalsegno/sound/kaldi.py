"""Mel filters as Kaldi has them, on which several published audio networks were trained."""

import math
from functools import lru_cache
from typing import overload

import numpy as np
from jaxtyping import Float, Float32

DB_PER_NEPER = 10 / math.log(10)  # dB in a step of 1 of the natural logarithm of a power


@lru_cache(maxsize=4)
def mel_filters(
    sample_rate_hz: int, n_fft: int, n_mels: int, f_min_hz: float, f_max_hz: float
) -> Float32[np.ndarray, "n_bins {n_mels}"]:
    """Weights of the bins (1 + n_fft // 2 of them) in each mel band: triangles on the mel scale itself, of height 1.

    As `get_mel_banks` of torchaudio.compliance.kaldi, transposed. The bin at half the sample rate has no weight.
    """
    edges = np.linspace(_mel(f_min_hz), _mel(f_max_hz), n_mels + 2)
    bins = _mel(np.arange(1 + n_fft // 2) * sample_rate_hz / n_fft)[:, None]
    weights = np.maximum(0, 1 - np.abs(bins - edges[1:-1]) / (edges[1] - edges[0]))
    weights[-1] = 0
    return weights.astype(np.float32)


@overload
def _mel(hz: float) -> np.float64: ...
@overload
def _mel(hz: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]: ...
def _mel(hz: float | Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"] | np.float64:
    """Frequencies in Hz on Kaldi's mel scale: HTK's, with the natural logarithm."""
    return 1127 * np.log1p(np.divide(hz, 700))
