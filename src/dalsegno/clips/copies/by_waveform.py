"""Compare two short clips sample by sample: a copy's waveform is the original's, whatever its gain, codec or rate.

The beginnings of both are laid over each other at the shift at which they correlate best. Notes of one pitch may
correlate too, so the overlap must also have the same average spectrum. The clips are decoded again for this: samples
kept of every clip would fill the memory.
"""

from functools import lru_cache
from math import gcd
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.fft

from dalsegno.clips import decoding, inspect_audio
from dalsegno.clips.copies import by_chart, chart

BEGINNING_S = 4  # the length of a clip's beginning that is compared
RATE_HZ, COARSE_HZ = 8000, 4000  # sample rates: of the spectra, and of the correlation
LAGS = round(chart.SHIFT_S * COARSE_HZ)
N_FFT = scipy.fft.next_fast_len(BEGINNING_S * COARSE_HZ + LAGS, real=True)  # longer lags may wrap around
SHORTEST_S = 0.4  # overlap that two clips must have
MOST, LEAST = 0.5, 0.002  # shares of the one's and the other's energy that must lie in the overlap
RADIUS_DB = 5.0  # between average spectra, beyond which clips are not copies
NEIGHBOURS = 16  # clips nearest to each that are compared in full
CORRELATION_CHARTS = 0.35  # correlation of charts below which clips are not copies
CORRELATION, CORRELATION_DB = 0.9, 0.1  # least correlation of copies, and how much more each dB between spectra asks
CORRELATION_CLIPPED, DIFFERENCE_CLIPPED_DB = 0.95, 7.0  # if one is clipped, which adds overtones


class Note(NamedTuple):
    """A short clip, and its chart's levels [shape=(n_frames, chart.BANDS)]."""

    path: Path
    levels: np.ndarray


class _Wave(NamedTuple):
    """The beginning of a clip."""

    mono: np.ndarray  # float32, at RATE_HZ
    spectrum: np.ndarray  # complex64, of N_FFT samples at COARSE_HZ
    energy: np.ndarray  # of the first 0, 1, … of those samples, as a share of all
    clipped: bool


def similarity(one: Note, other: Note) -> float:
    """Correlation of two clips at their best shift, 0 if they are not copies of each other."""
    if by_chart.best_lag(one.levels, other.levels)[0] < CORRELATION_CHARTS:
        return 0.0
    a, b = _wave(one.path), _wave(other.path)
    correlation, i, j, n = _overlap(a, b)
    if correlation < CORRELATION:
        return 0.0
    times = RATE_HZ // COARSE_HZ
    parts = (wave.mono[k * times : (k + n) * times] for wave, k in ((a, i), (b, j)))
    difference_db = _difference_db(*(chart.average(part, RATE_HZ) for part in parts))
    overtones = (a.clipped or b.clipped) and correlation > CORRELATION_CLIPPED and difference_db < DIFFERENCE_CLIPPED_DB
    return correlation if correlation > CORRELATION + CORRELATION_DB * difference_db or overtones else 0.0


def _overlap(a: _Wave, b: _Wave) -> tuple[float, int, int, int]:
    """Highest correlation, and the overlap at which it is reached: its first sample in each clip, and its length."""
    product = scipy.fft.irfft(a.spectrum * np.conj(b.spectrum), N_FFT)
    len_a, len_b = len(a.energy) - 1, len(b.energy) - 1
    lag = np.arange(max(-LAGS, 1 - len_b), min(LAGS, len_a - 1) + 1)
    i, j = np.maximum(0, lag), np.maximum(0, -lag)
    n = np.minimum(len_a - i, len_b - j)
    share_a, share_b = a.energy[i + n] - a.energy[i], b.energy[j + n] - b.energy[j]
    enough = (np.maximum(share_a, share_b) > MOST) & (np.minimum(share_a, share_b) > LEAST)
    enough &= n > SHORTEST_S * COARSE_HZ
    correlation = np.where(enough, np.abs(product[lag]) / np.sqrt(share_a * share_b + 1e-9), 0)
    best = int(correlation.argmax())
    return float(min(1, correlation[best])), int(i[best]), int(j[best]), int(n[best])


def _difference_db(a: np.ndarray, b: np.ndarray) -> float:
    """Root mean square difference of two average spectra at equal gain."""
    difference = (a - b)[np.maximum(a, b) > -chart.TONE_RANGE_DB]
    return float(np.sqrt(np.mean(np.square(difference - np.median(difference)))))


@lru_cache(maxsize=128)  # neighbours of a clip are often neighbours of the next
def _wave(path: Path) -> _Wave:
    """The beginning of a clip, its spectrum scaled to unit energy."""
    mono, rate = decoding.beginning(path, BEGINNING_S)
    n_full = np.count_nonzero(np.abs(mono) >= decoding.FULL)
    whole = rate // gcd(rate, COARSE_HZ)  # samples that are a whole number of samples at either rate
    n = -(-len(mono) // whole) * whole
    spectrum = scipy.fft.rfft(mono, n)
    spectrum[: int(30 * n / rate) + 1] = 0  # hum and offset
    coarse = _resampled(spectrum, n, rate, COARSE_HZ)
    power = np.concatenate([[0], np.cumsum(np.square(coarse, dtype=np.float64))])
    scale = np.sqrt(power[-1]) + 1e-12
    return _Wave(
        _resampled(spectrum, n, rate, RATE_HZ),
        scipy.fft.rfft(coarse / np.float32(scale), N_FFT),
        power / scale**2,
        bool(n_full > inspect_audio.CLIPPED * len(mono)),
    )


def _resampled(spectrum: np.ndarray, n: int, from_hz: int, to_hz: int) -> np.ndarray:
    """The signal of `spectrum`, of n samples at `from_hz`, at `to_hz`; nothing is left above 0.475 of that rate."""
    m = n * to_hz // from_hz
    kept = np.zeros(m // 2 + 1, np.complex64)
    k = min(len(kept), len(spectrum))
    kept[:k] = spectrum[:k] * np.clip((0.475 - np.arange(k) / m) / 0.05, 0, 1)
    return scipy.fft.irfft(kept, m)
