"""Find near copies: the same recording at another gain, bit rate or sample rate, or shifted by up to a second.

Each clip is reduced to a chart, its energy in 24 bands eleven times a second. Clips whose charts have nearly the same
average and spread are compared in full: copies rise and fall together, frame by frame (correlation), and differ by
little once their gains are taken out (decibels). The idea is that of Haitsma and Kalker, "A highly robust audio
fingerprinting system" (ISMIR 2002), with levels in place of their bits.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy.fft

from dalsegno import runtime

BANDS = 24
EDGES_HZ = np.geomspace(150, 3800, BANDS + 1)  # what a 64 kb/s codec and a sample rate of 8 kHz both keep
TONES = 120
TONE_EDGES_HZ = np.geomspace(60, 3800, TONES + 1)
HOP_S = 0.0464  # from window to window; two hops are one frame of a chart
LONGEST_S = 15  # so much of a clip's beginning is charted
RANGE_DB = 60  # below a clip's level; what is softer does not count
FLOOR_DB, LOUD_DB = 15, 20  # levels in a chart, of 60, below which cells are equal, and above which they are compared
STEP_DB = 0.5  # of a stored level
NOTE_S = 5.0  # a shorter clip may be a single note, with few events to tell it by: its tones must agree as well
STRONG_DB, TONES_APART_DB = 20, 9.0  # below the strongest tone, what counts; greatest difference of copies
LAGS = 13  # frames: a second and a bit
SHORTEST = 5  # frames that two clips must share
NEIGHBOURS = 16  # clips nearest to each that are compared in full
RADIUS_DB = 6.0  # between averages and spreads, beyond which clips are no copies
CORRELATION, CORRELATION_SHORT = 0.75, 1.5  # least correlation of copies, and what 1/n_frames adds to it
DIFFERENCE_DB, DIFFERENCE_NOTE_DB = 4.0, 2.5  # greatest difference of copies (root mean square)


class Chart(NamedTuple):
    """A clip in steps of 0.5 dB, uint8, 120 being the clip's level."""

    levels: np.ndarray  # (n_frames, BANDS): frames are 93 ms apart and 232 ms long
    tones: np.ndarray  # (TONES,): the average spectrum, fine enough to tell a note from the next; (0,) of a long clip


def chart(mono: np.ndarray, rate: int) -> Chart:
    """The chart of a clip. mono: samples [shape=(n,)] float32."""
    energy = _energies(mono, rate, 2 * HOP_S, HOP_S, EDGES_HZ)
    n = (len(energy) - 4) // 2 + 1
    pooled = sum(w * energy[i : i + 2 * n - 1 : 2] for i, w in enumerate((0.35, 0.9, 0.9, 0.35)))
    tones = np.zeros(0)
    if len(mono) < 2 * NOTE_S * rate:
        padded = np.pad(mono, int(8 * HOP_S * rate))  # so that an attack at the very start counts
        tones = _energies(padded, rate, 8 * HOP_S, 4 * HOP_S, TONE_EDGES_HZ).mean(axis=0)
    return of_levels(10 * np.log10(pooled + 1e-20), 10 * np.log10(tones + 1e-20))


def of_levels(levels: np.ndarray, tones: np.ndarray) -> Chart:
    """The chart of decibels by frame and band and of the average spectrum, relative to the louder frames' level."""
    return Chart(_stored(levels, np.percentile(levels.max(1), 95)), _stored(tones, tones.max(initial=-np.inf)))


def _stored(db: np.ndarray, top: float) -> np.ndarray:
    return np.round(np.clip(db - top + RANGE_DB, 0, RANGE_DB + 10) / STEP_DB).astype(np.uint8)


def pairs(charts: list[Chart], r: runtime.Runtime) -> list[tuple[int, int, float]]:
    """Near copies among `charts`: (i, j, correlation in [0, 1]) with i < j, in order."""
    near = list(_candidates(np.array([_summary(c.levels) for c in charts], np.float32)))
    jobs = ([charts[i], [charts[j] for j in others]] for i, others in near)
    found = runtime.map(_matches, jobs, len(near), r, "compare clips")
    return [
        (i, j, round(float(s), 4))
        for (i, others), ss in zip(near, found, strict=True)
        for j, s in zip(others, ss, strict=True)
        if s
    ]


def likeness(one: Chart, other: Chart) -> float:
    """Correlation of two charts at the shift that suits them best, 0 if they are no copies of each other."""
    note = min(len(one.levels), len(other.levels)) < NOTE_S / (2 * HOP_S) and len(one.tones) == len(other.tones) > 0
    if note and _tones_apart(one.tones, other.tones) > TONES_APART_DB:
        return 0.0
    a, b = _decibels(one.levels), _decibels(other.levels)
    coarse, lag = max(_correlations(_rises(a), _rises(b)), default=(0.0, 0))
    if coarse < CORRELATION / 2:
        return 0.0
    return max(
        _fit(_between(a, part / 4), b, k, DIFFERENCE_NOTE_DB if note else DIFFERENCE_DB)
        for part in range(4)
        for k in (lag - 1, lag, lag + 1)
    )


def _levelled(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two sets of levels with their gains and what only one can hold taken out; and their difference where one is loud."""
    loud = np.minimum(a, b) > LOUD_DB
    louder = np.median((a - b)[loud]) if loud.any() else np.float32(0)
    floor = FLOOR_DB + max(np.float32(0), louder)
    a, b = np.maximum(a, floor), np.maximum(b + louder, floor)
    return a, b, (a - b)[np.maximum(a, b) > floor + LOUD_DB - FLOOR_DB]


def _tones_apart(a: np.ndarray, b: np.ndarray) -> float:
    """How far the strong tones of two average spectra are apart, gain taken out (root mean square, dB)."""
    a, b = (tones.astype(np.float32) - tones.max() for tones in (a, b))
    apart = (a - b)[np.maximum(a, b) > -STRONG_DB / STEP_DB].clip(-60, 60)
    return STEP_DB * _size(apart - np.sort(apart)[len(apart) // 2])


def _size(apart: np.ndarray) -> float:
    return float(np.sqrt(np.vdot(apart, apart) / len(apart))) if len(apart) else np.inf


def _matches(job: list) -> list[float]:
    one, others = job
    return [likeness(one, other) for other in others]


def _decibels(levels: np.ndarray) -> np.ndarray:
    return np.maximum(levels * np.float32(STEP_DB), FLOOR_DB)


def _rises(a: np.ndarray) -> np.ndarray:
    """What each band gains from frame to frame [shape=(n_frames, BANDS)]; zero in the first."""
    return np.diff(a, axis=0, prepend=a[:1])


def _correlations(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[float, int]]:
    """Correlation of two charts' rises at each whole lag, over what overlaps, and the lag (of a behind b)."""
    power_a, power_b = (np.concatenate([[0], np.cumsum(np.square(x).sum(1))]) for x in (a, b))
    flat_a, flat_b = a.ravel(), b.ravel()
    for lag in range(-LAGS, LAGS + 1):
        i, j = max(0, lag), max(0, -lag)
        n = min(len(a) - i, len(b) - j)
        if n < max(SHORTEST, min(len(a), len(b)) / 2):
            continue
        product = np.dot(flat_a[i * BANDS : (i + n) * BANDS], flat_b[j * BANDS : (j + n) * BANDS])
        power = (power_a[i + n] - power_a[i]) * (power_b[j + n] - power_b[j])
        yield float(product / np.sqrt(power + 1e-9)), lag


def _fit(a: np.ndarray, b: np.ndarray, lag: int, most_db: float) -> float:
    """Correlation of two charts' rises at one lag if that, and their difference in dB, are those of copies; else 0."""
    a, b = a[max(0, lag) :], b[max(0, -lag) :]
    n = min(len(a), len(b))
    if n < SHORTEST:
        return 0.0
    a, b, apart = _levelled(a[:n], b[:n])
    x, y = np.diff(a, axis=0), np.diff(b, axis=0)
    correlation = float(np.vdot(x, y) / (np.sqrt(np.vdot(x, x) * np.vdot(y, y)) + 1e-9))
    alike = correlation > CORRELATION + CORRELATION_SHORT / n and _size(apart) < most_db
    return correlation if alike else 0.0


def _between(a: np.ndarray, part: float) -> np.ndarray:
    """Levels `part` of a frame later, by cubic interpolation (Catmull and Rom)."""
    before, this, after, then = (np.pad(a, ((1, 2), (0, 0)), "edge")[i : i + len(a)] for i in range(4))
    bend = 2 * before - 5 * this + 4 * after - then + part * (3 * (this - after) + then - before)
    return this + 0.5 * part * (after - before + part * bend)


def _summary(levels: np.ndarray) -> np.ndarray:
    """Average and spread of each band over the frames in which anything sounds [shape=(2 * BANDS,)], in dB."""
    a = _decibels(levels)
    sounding = a[a.max(1) > LOUD_DB]
    a = sounding if len(sounding) > 1 else a
    average = a.mean(0)
    return np.concatenate([average - average.mean(), a.std(0)])


def _candidates(summaries: np.ndarray) -> Iterator[tuple[int, list[int]]]:
    """For each clip the later ones that are among its neighbours, or that it is a neighbour of."""
    n, square = len(summaries), np.square(summaries).sum(1)
    near: list[set[int]] = [set() for _ in range(n)]
    for rows in _chunks(np.arange(n), max(1, 2**24 // max(1, n))):
        far = square[rows, None] + square - 2 * summaries[rows] @ summaries.T
        far[np.arange(len(rows)), rows] = np.inf
        nearest = np.argpartition(far, min(NEIGHBOURS, n - 1) - 1, axis=1)[:, :NEIGHBOURS]
        close = np.take_along_axis(far, nearest, 1) < RADIUS_DB**2 * summaries.shape[1]
        for i, js, keep in zip(rows.tolist(), nearest, close, strict=True):
            for j in js[keep].tolist():
                near[min(i, j)].add(max(i, j))
    return ((i, sorted(others)) for i, others in enumerate(near) if others)


def _energies(mono: np.ndarray, rate: int, window_s: float, hop_s: float, edges_hz: np.ndarray) -> np.ndarray:
    """Energy between neighbouring `edges_hz` in windows `hop_s` apart [shape=(n_windows, len(edges_hz) - 1)]."""
    n_fft = scipy.fft.next_fast_len(round(window_s * rate), real=True)
    mono = np.pad(mono, (0, max(0, n_fft + round(4 * HOP_S * rate) - len(mono))))
    weights, window = _bands(rate, n_fft, tuple(edges_hz)), np.hanning(n_fft).astype(np.float32)
    starts = np.round(np.arange(int((len(mono) - n_fft) / (hop_s * rate)) + 1) * hop_s * rate).astype(int)
    windows = np.lib.stride_tricks.sliding_window_view(mono, n_fft)
    energy = []
    for some in _chunks(starts, 32):
        spectrum = scipy.fft.rfft(windows[some] * window, axis=1)[:, : len(weights)]
        energy.append((np.square(spectrum.real) + np.square(spectrum.imag)) @ weights)
    return np.concatenate(energy)


@lru_cache(maxsize=16)
def _bands(rate: int, n_fft: int, edges_hz: tuple[float, ...]) -> np.ndarray:
    """How much of each bin lies in each band [shape=(n_bins, len(edges_hz) - 1)]."""
    edges = np.array(edges_hz)
    width = rate / n_fft
    n_bins = min(n_fft // 2, int(edges[-1] / width) + 1) + 1
    centre = np.arange(n_bins)[:, None] * width
    overlap = np.minimum(centre + width, edges[1:]) - np.maximum(centre - width, edges[:-1])
    return np.clip(overlap / width, 0, 2).astype(np.float32)


def _chunks(items: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
