"""Slaney's mel scale and its filters, number for number those of librosa, whose import takes 145 MB and a second."""

import numpy as np
from jaxtyping import Float32, Float64

LINEAR_HZ = 200 / 3  # Hz per mel below BREAK_HZ
BREAK_HZ = 1000.0  # above it the scale is logarithmic
BREAK = BREAK_HZ / LINEAR_HZ
STEP = np.log(6.4) / 27  # of the natural logarithm per mel


def bins_hz(sample_rate_hz: int, n_fft: int) -> Float64[np.ndarray, " n_bins"]:
    """The centre of each of 1 + n_fft // 2 bins of a Fourier transform, in Hz."""
    return np.fft.rfftfreq(n_fft, d=1 / sample_rate_hz)


def edges_hz(n: int, f_min_hz: float, f_max_hz: float) -> Float64[np.ndarray, " {n}"]:
    """`n` frequencies that lie evenly on the scale, from the lowest to the highest."""
    low, high = _mels(np.array([f_min_hz, f_max_hz]))
    mels = np.linspace(low, high, n)
    hz = LINEAR_HZ * mels
    above = mels >= BREAK
    hz[above] = BREAK_HZ * np.exp(STEP * (mels[above] - BREAK))
    return hz


def filters(
    sample_rate_hz: int, n_fft: int, n_mels: int, f_min_hz: float, f_max_hz: float | None
) -> Float32[np.ndarray, "{n_mels} n_bins"]:
    """Weights of the bins in each mel band: triangles in Hz, each of area 1. f_max_hz None: half the sample rate."""
    edges = edges_hz(n_mels + 2, f_min_hz, sample_rate_hz / 2 if f_max_hz is None else f_max_hz)
    widths, away = np.diff(edges)[:, None], np.subtract.outer(edges, bins_hz(sample_rate_hz, n_fft))
    rising, falling = -away[:-2] / widths[:-1], away[2:] / widths[1:]
    weights = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    weights *= (2 / (edges[2:] - edges[:-2]))[:, None]
    return weights


def _mels(hz: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    mels = hz / LINEAR_HZ
    above = hz >= BREAK_HZ
    mels[above] = BREAK + np.log(hz[above] / BREAK_HZ) / STEP
    return mels
