"""Short-time spectra, time first: (n_frames, bins). The same numbers as librosa, in a fifth of its time.

librosa transforms with NumPy; SciPy's transform is vectorised over frames. A mel filter is zero but for a few bins, so
filters are applied in groups of neighbours, each to the bins that it reaches, in place of one large product.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

import librosa
import numpy as np
import scipy.fft
import scipy.signal

Window = Literal["hann", "hamming", "blackman", "boxcar"]
BLOCK = 64  # frames transformed together: they stay in the processor's cache


def frames(y: np.ndarray, n_fft: int, hop_length: int, pad: str = "constant") -> np.ndarray:
    """Overlapping frames of y [shape=(1 + n_samples // hop_length, n_fft), a view], frame t centred on t * hop_length."""
    return np.lib.stride_tricks.sliding_window_view(np.pad(y, n_fft // 2, mode=pad), n_fft)[::hop_length]


def transforms(
    y: np.ndarray,
    n_fft: int,
    hop_length: int,
    window: Window = "hann",
    precision: type = np.float32,
    n_window: int | None = None,
) -> Iterator[np.ndarray]:
    """Short-time Fourier transform, as librosa.stft, BLOCK frames at a time [shape=(BLOCK, 1 + n_fft // 2), complex64].

    n_window: length of the window, which stands in the middle of a frame; None: n_fft. In single precision a bin near
    zero is off by the rounding of its loud neighbours, 1e-7 of them; `np.float64` takes half as long again and is right
    to the last digit of the float32 that comes out.
    """
    framed = frames(y, n_fft, hop_length)
    n_window = n_window or n_fft
    weights = scipy.signal.get_window(window, n_window).astype(precision)
    before = (n_fft - n_window) // 2
    weights = np.pad(weights, (before, n_fft - n_window - before))
    windowed = np.empty((BLOCK, n_fft), precision)
    for i in range(0, len(framed), BLOCK):
        some = framed[i : i + BLOCK]
        x = np.multiply(some, weights, out=windowed[: len(some)])
        yield scipy.fft.rfft(x, axis=1).astype(np.complex64, copy=False)


def powers(blocks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """The power of each block of `transforms` [shape=(BLOCK, 1 + n_fft // 2), float32], for what needs no more at once."""
    for block in blocks:
        magnitude = np.abs(block)
        yield np.square(magnitude, out=magnitude)


def power(y: np.ndarray, n_fft: int, hop_length: int, precision: type = np.float32) -> np.ndarray:
    """Power of the short-time Fourier transform [shape=(n_frames, 1 + n_fft // 2), float32], as |librosa.stft|²."""
    return np.concatenate(list(powers(transforms(y, n_fft, hop_length, precision=precision))))


def frequencies_hz(sample_rate_hz: int, n_fft: int) -> np.ndarray:
    """Centre of each bin [shape=(1 + n_fft // 2,), Hz]."""
    return librosa.fft_frequencies(sr=sample_rate_hz, n_fft=n_fft).astype(np.float32)


def mel(
    power: np.ndarray, sample_rate_hz: int, n_mels: int, f_min_hz: float = 0.0, f_max_hz: float | None = None
) -> np.ndarray:
    """Mel spectrum [shape=(n_frames, n_mels)] of a power spectrum, with the filters of librosa (Slaney's)."""
    n_fft = 2 * (power.shape[1] - 1)
    groups = _mel_groups(sample_rate_hz, n_fft, n_mels, f_min_hz, f_max_hz)
    return np.concatenate([power[:, bins] @ weights for bins, weights in groups], axis=1)


def check_mel(sample_rate_hz: int, n_fft: int, n_mels: int, f_min_hz: float, f_max_hz: float | None) -> None:
    """Raise ValueError if the band is not inside 0 … Nyquist, or a mel filter falls between two bins and stays empty."""
    top_hz = sample_rate_hz / 2 if f_max_hz is None else f_max_hz
    if top_hz > sample_rate_hz / 2:
        raise ValueError(
            f"f_max_hz = {f_max_hz:g} is above half the sample rate, {sample_rate_hz / 2:g} Hz; lower it, or raise sample_rate_hz"
        )
    if f_min_hz >= top_hz:
        raise ValueError(f"f_min_hz = {f_min_hz:g} is not below f_max_hz = {top_hz:g}")
    edges_hz = librosa.mel_frequencies(n_mels + 2, fmin=f_min_hz, fmax=top_hz)
    bins = np.arange(1 + n_fft // 2) * sample_rate_hz / n_fft
    inside = np.searchsorted(bins, edges_hz[2:], "left") - np.searchsorted(bins, edges_hz[:-2], "right")
    if n_empty := np.sum(inside < 1):
        raise ValueError(
            f"n_mels = {n_mels} is too many for n_fft = {n_fft} at {sample_rate_hz} Hz: {n_empty} of the mel bands lie "
            "between two bins and would always be empty; lower n_mels or raise n_fft"
        )


def decibels(power: np.ndarray, top_db: float | None = 80.0) -> np.ndarray:
    """10 log10 of `power`, floored at 1e-10 and, if `top_db` is given, at its loudest value less `top_db`."""
    db = np.maximum(power, np.float32(1e-10))
    np.log10(db, out=db)
    db *= 10
    return db if top_db is None else np.maximum(db, db.max() - np.float32(top_db))


@lru_cache(maxsize=8)
def _mel_groups(
    sample_rate_hz: int, n_fft: int, n_mels: int, f_min_hz: float, f_max_hz: float | None
) -> list[tuple[slice, np.ndarray]]:
    """Neighbouring mel filters together: the bins they reach, and their weights (n_bins, n_filters) there."""
    filters = librosa.filters.mel(sr=sample_rate_hz, n_fft=n_fft, n_mels=n_mels, fmin=f_min_hz, fmax=f_max_hz)
    groups = []
    for some in np.array_split(filters, min(8, n_mels)):
        reached = np.flatnonzero(some.any(axis=0))
        bins = slice(reached[0], reached[-1] + 1)
        groups.append((bins, np.ascontiguousarray(some[:, bins].T)))
    return groups
