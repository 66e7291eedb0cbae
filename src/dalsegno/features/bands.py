"""Bands of a spectrum that features sum up: which bins belong to each. What leaves a band empty is refused."""

from functools import lru_cache
from itertools import pairwise

import librosa
import numpy as np
from jaxtyping import Int

from dalsegno.sound import spectrum


@lru_cache(maxsize=8)
def octaves(sample_rate_hz: int, n_fft: int) -> list[tuple[slice, int]]:
    """The bins of each band of the spectral contrast, as librosa cuts them, and how many are its peak and its valley.

    Those are 2% of the band, at least one bin. Raises ValueError if a band holds fewer than two bins.
    """
    hz = spectrum.frequencies_hz(sample_rate_hz, n_fft)
    edges_hz = [0.0, *(200.0 * 2.0 ** np.arange(7))]
    bands = []
    for k, (low, high) in enumerate(pairwise(edges_hz)):
        inside = np.flatnonzero((hz >= low) & (hz <= high))
        if low >= sample_rate_hz / 2 or len(inside) < 2:
            raise ValueError(
                f"feature contrast has no bins from {low:g} to {high:g} Hz at sample_rate_hz = {sample_rate_hz}, "
                f"n_fft = {n_fft}; raise them, or leave contrast out of features.use"
            )
        first, end = inside[0] - (k > 0), len(hz) if k == 6 else inside[-1] + 1
        bands.append((slice(first, end if k == 6 else end - 1), max(1, round(0.02 * (end - first)))))
    return bands


@lru_cache(maxsize=8)
def mel_edges(sample_rate_hz: int, n_fft: int, n_bands: int) -> Int[np.ndarray, " n_edges"]:
    """The first bin of each of `n_bands` bands equally wide on the mel scale, and the end of the last.

    Raises ValueError if a band holds no bin.
    """
    edges_hz = librosa.mel_frequencies(n_bands + 1, fmin=0, fmax=sample_rate_hz / 2)
    edges = np.searchsorted(spectrum.frequencies_hz(sample_rate_hz, n_fft), edges_hz)
    edges[-1] = 1 + n_fft // 2
    if (np.diff(edges) < 1).any():
        raise ValueError(f"n_bands = {n_bands} is too many for n_fft = {n_fft}: some bands would hold no bin")
    return edges
