"""Short-time spectra, time first: (n_frames, n_bins). The same numbers as librosa, in a fifth of its time.

librosa transforms with NumPy; SciPy's transform is vectorised over frames. A mel filter is zero but for a few bins, so
filters are applied in groups of neighbours, each to the bins that it reaches, in place of one large product. Samples come
in blocks and spectra leave in blocks, so that memory does not grow with the length of a recording.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal

import numpy as np
import scipy.fft
import scipy.signal
from jaxtyping import Complex64, Float, Float32

from dalsegno.pipeline.cluster import numba_cache
from dalsegno.sound.audio import Samples

with numba_cache.locked("filters"):  # librosa imports its parts when they are first used; others: features/analysis.py
    import librosa.filters

Window = Literal["hann", "hamming", "blackman", "boxcar"]
Padding = Literal["constant", "edge", "reflect"]
Weights = Float[np.ndarray, " n_fft"]
BLOCK = 64  # frames transformed together: they stay in the processor's cache


def frames(
    samples: Iterable[Samples], n_fft: int, hop_length: int, pad: Padding | None = "constant", n: int = BLOCK
) -> Iterator[Float32[np.ndarray, "n_frames {n_fft}"]]:
    """Overlapping frames of a recording, `n` at a time and fewer at its end; hop_length must not exceed n_fft.

    Frame t (0 … n_samples // hop_length) centres on sample t * hop_length; `pad` says how np.pad continues the samples
    before the first and after the last. With None, frame t begins with that sample and ends within the recording; one
    that is shorter than a frame is filled up with zeros.
    """
    return (_framed(span, n_fft, hop_length) for span in spans(samples, n_fft, hop_length, pad, n))


def spans(
    samples: Iterable[Samples], n_fft: int, hop_length: int, pad: Padding | None = "constant", n: int = BLOCK
) -> Iterator[Samples]:
    """The samples that `frames` cuts into each of its blocks, overlapping from one block to the next."""
    kept, started, length = np.zeros(0, np.float32), False, n_fft + (n - 1) * hop_length
    for block in samples if pad is None else _padded(samples, n_fft // 2, pad):
        kept = _joined(kept, block)
        while len(kept) >= length:
            yield kept[:length]
            kept, started = kept[n * hop_length :], True
    if not started and len(kept) < n_fft:
        kept = np.pad(kept, (0, n_fft - len(kept)))
    if len(kept) >= n_fft:
        yield kept


@lru_cache(maxsize=8)
def window(name: Window, n_fft: int, n_window: int | None = None, precision: type = np.float32) -> Weights:
    """The weights of a frame's samples: a window of `n_window` samples (None: n_fft) in its middle, zeros around it."""
    n_window = n_window or n_fft
    before = (n_fft - n_window) // 2
    weights = scipy.signal.get_window(name, n_window).astype(precision)
    return np.pad(weights, (before, n_fft - n_window - before))


def decibels(power: Float32[np.ndarray, "*shape"]) -> Float32[np.ndarray, "*shape"]:
    """Power in dB, at least -100, as librosa.power_to_db with its defaults but for top_db, of which there is none."""
    db = np.maximum(power, np.full(power.shape[-1:], 1e-10, np.float32))  # half as fast with a single number
    return np.multiply(np.log10(db, out=db), 10, out=db)


def transform(
    framed: Float32[np.ndarray, "n_frames n_fft"], weights: Weights
) -> Complex64[np.ndarray, "n_frames n_bins"]:
    """The Fourier transform of weighted frames, 1 + n_fft // 2 bins, computed in the precision of the weights.

    In single precision a bin near zero is off by the rounding of its loud neighbours, 1e-7 of them; double precision
    takes half as long again and is right to the last digit of the float32 that comes out.
    """
    return scipy.fft.rfft(framed * weights, axis=1).astype(np.complex64, copy=False)


def transforms(
    samples: Iterable[Samples], weights: Weights, hop_length: int
) -> Iterator[Complex64[np.ndarray, "n_frames n_bins"]]:
    """The short-time Fourier transform of librosa.stft through the window `weights`, BLOCK frames at a time."""
    return (transform(framed, weights) for framed in frames(samples, len(weights), hop_length))


def full_scale(weights: Weights) -> float:
    """The power of a sine of amplitude 1 whose frequency is that of a bin: its magnitude there is half the window's sum."""
    return float(weights.sum() / 2) ** 2


def full_scale_energy(weights: Weights) -> float:
    """The power of such a sine in all bins together, by Parseval's theorem: no band of weights up to 1 holds more."""
    return len(weights) * float(np.square(weights).sum()) / 4


def power(transformed: Complex64[np.ndarray, "n_frames n_bins"]) -> Float32[np.ndarray, "n_frames n_bins"]:
    """The squared magnitude of a transform."""
    magnitude = np.abs(transformed)
    return np.square(magnitude, out=magnitude)


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


def mel_filters(
    sample_rate_hz: int, n_fft: int, n_mels: int, f_min_hz: float, f_max_hz: float | None
) -> Float32[np.ndarray, "n_bins n_mels"]:
    """The filters of `mel`, one per column."""
    return librosa.filters.mel(sr=sample_rate_hz, n_fft=n_fft, n_mels=n_mels, fmin=f_min_hz, fmax=f_max_hz).T


def greatest_mel_weight(sample_rate_hz: int, n_fft: int, n_mels: int, f_min_hz: float, f_max_hz: float | None) -> float:
    """The greatest weight that a bin has in any of the filters of `mel`."""
    groups = _mel_groups(sample_rate_hz, n_fft, n_mels, f_min_hz, f_max_hz)
    return max(float(weights.max()) for _, weights in groups)


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


def _framed(
    y: Float32[np.ndarray, " n_samples"], n_fft: int, hop_length: int
) -> Float32[np.ndarray, "n_frames {n_fft}"]:
    """A view of all frames that lie within y; none if y is shorter than one."""
    if len(y) < n_fft:
        return np.empty((0, n_fft), np.float32)
    return np.lib.stride_tricks.sliding_window_view(y, n_fft)[::hop_length]


def _padded(samples: Iterable[Samples], n: int, mode: Padding) -> Iterator[Samples]:
    """The samples with `n` more before and after them, as np.pad makes those of the whole recording."""
    kept, before = np.zeros(0, np.float32), n
    for block in samples:
        cut = len(kept) - max(n + 1 - len(block), 0)  # np.pad looks at n + 1 samples at most, at either end
        if cut > n:
            yield np.pad(kept[:cut], (before, 0), mode)
            kept, before = kept[cut:], 0
        kept = _joined(kept, block)
    yield np.pad(kept, (before, n), mode)


def _joined(first: Samples, second: Samples) -> Samples:
    """Both end to end, without a copy if the first holds nothing."""
    return np.concatenate([first, second]) if len(first) else second


@lru_cache(maxsize=8)
def _mel_groups(
    sample_rate_hz: int, n_fft: int, n_mels: int, f_min_hz: float, f_max_hz: float | None
) -> list[tuple[slice, Float32[np.ndarray, "n_bins n_filters"]]]:
    """Neighbouring mel filters in groups: the bins that a group reaches, and the weights of its filters there."""
    filters = mel_filters(sample_rate_hz, n_fft, n_mels, f_min_hz, f_max_hz)
    groups = []
    for neighbours in np.array_split(filters.T, min(8, n_mels)):
        reached = np.flatnonzero(neighbours.any(axis=0))
        bins = slice(reached[0], reached[-1] + 1)
        groups.append((bins, np.ascontiguousarray(neighbours[:, bins].T)))
    return groups
