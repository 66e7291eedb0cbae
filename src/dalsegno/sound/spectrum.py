"""Short-time spectra, time first: (n_frames, n_bins). The same numbers as librosa, in a fifth of its time.

librosa transforms with NumPy; SciPy's transform is vectorised over frames. A mel filter is zero but for a few bins, so
filters are applied in groups of neighbours, each to the bins that it reaches, in place of one large product.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal

import librosa
import numpy as np
import scipy.fft
import scipy.signal
from jaxtyping import Complex64, Float, Float32

Window = Literal["hann", "hamming", "blackman", "boxcar"]
BLOCK = 64  # frames transformed together: they stay in the processor's cache


def frames(
    y: Float[np.ndarray, " n_samples"], n_fft: int, hop_length: int, pad: str = "constant"
) -> Float[np.ndarray, "n_frames {n_fft}"]:
    """Overlapping frames of y, a view of its padded copy: frame t (0 … n_samples // hop_length) centres on t * hop_length.

    pad: how np.pad continues the samples before the first and after the last.
    """
    return np.lib.stride_tricks.sliding_window_view(np.pad(y, n_fft // 2, mode=pad), n_fft)[::hop_length]


def transforms(
    y: Float[np.ndarray, " n_samples"],
    n_fft: int,
    hop_length: int,
    window: Window = "hann",
    precision: type = np.float32,
    n_window: int | None = None,
) -> Iterator[Complex64[np.ndarray, "n_frames n_bins"]]:
    """The short-time Fourier transform of librosa.stft, BLOCK frames of 1 + n_fft // 2 bins at a time.

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
        block = framed[i : i + BLOCK]
        x = np.multiply(block, weights, out=windowed[: len(block)])
        yield scipy.fft.rfft(x, axis=1).astype(np.complex64, copy=False)


def powers(
    blocks: Iterable[Complex64[np.ndarray, "n_frames n_bins"]],
) -> Iterator[Float32[np.ndarray, "n_frames n_bins"]]:
    """The power of each block of `transforms`, for callers that need no more than a block at once."""
    for block in blocks:
        magnitude = np.abs(block)
        yield np.square(magnitude, out=magnitude)


def power(
    y: Float[np.ndarray, " n_samples"], n_fft: int, hop_length: int, precision: type = np.float32
) -> Float32[np.ndarray, "n_frames n_bins"]:
    """The power of the short-time Fourier transform, |librosa.stft|², in 1 + n_fft // 2 bins."""
    return np.concatenate(list(powers(transforms(y, n_fft, hop_length, precision=precision))))


def frequencies_hz(sample_rate_hz: int, n_fft: int) -> Float32[np.ndarray, " n_bins"]:
    """The centre of each of 1 + n_fft // 2 bins, in Hz."""
    return librosa.fft_frequencies(sr=sample_rate_hz, n_fft=n_fft).astype(np.float32)


def mel(
    power: Float[np.ndarray, "n_frames n_bins"],
    sample_rate_hz: int,
    n_mels: int,
    f_min_hz: float = 0.0,
    f_max_hz: float | None = None,
) -> Float[np.ndarray, "n_frames {n_mels}"]:
    """The mel spectrum of a power spectrum, with the filters of librosa (Slaney's). f_max_hz None: half the sample rate."""
    n_fft = 2 * (power.shape[1] - 1)
    groups = _mel_groups(sample_rate_hz, n_fft, n_mels, f_min_hz, f_max_hz)
    return np.concatenate([power[:, bins] @ weights for bins, weights in groups], axis=1)


def check_mel(sample_rate_hz: int, n_fft: int, n_mels: int, f_min_hz: float, f_max_hz: float | None) -> None:
    """Raise ValueError if the band is not inside 0 … Nyquist, or a mel filter falls between two bins and stays empty."""
    top_hz = sample_rate_hz / 2 if f_max_hz is None else f_max_hz
    if top_hz > sample_rate_hz / 2:
        raise ValueError(
            f"f_max_hz = {f_max_hz:g} is above half the sample rate, {sample_rate_hz / 2:g} Hz; "
            "lower it, or raise sample_rate_hz"
        )
    if f_min_hz >= top_hz:
        raise ValueError(f"f_min_hz = {f_min_hz:g} is not below f_max_hz = {top_hz:g}")
    edges_hz = librosa.mel_frequencies(n_mels + 2, fmin=f_min_hz, fmax=top_hz)
    bins_hz = np.arange(1 + n_fft // 2) * sample_rate_hz / n_fft
    n_inside = np.searchsorted(bins_hz, edges_hz[2:], "left") - np.searchsorted(bins_hz, edges_hz[:-2], "right")
    if n_empty := np.sum(n_inside < 1):
        raise ValueError(
            f"n_mels = {n_mels} is too many for n_fft = {n_fft} at {sample_rate_hz} Hz: {n_empty} of the mel bands lie "
            "between two bins and would always be empty; lower n_mels or raise n_fft"
        )


@lru_cache(maxsize=8)
def _mel_groups(
    sample_rate_hz: int, n_fft: int, n_mels: int, f_min_hz: float, f_max_hz: float | None
) -> list[tuple[slice, Float32[np.ndarray, "n_bins n_filters"]]]:
    """Neighbouring mel filters in groups: the bins that a group reaches, and the weights of its filters there."""
    filters = librosa.filters.mel(sr=sample_rate_hz, n_fft=n_fft, n_mels=n_mels, fmin=f_min_hz, fmax=f_max_hz)
    groups = []
    for neighbours in np.array_split(filters, min(8, n_mels)):
        reached = np.flatnonzero(neighbours.any(axis=0))
        bins = slice(reached[0], reached[-1] + 1)
        groups.append((bins, np.ascontiguousarray(neighbours[:, bins].T)))
    return groups
