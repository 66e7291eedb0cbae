"""Find near copies: the same recording at another gain, bit rate or sample rate, or shifted by up to a second.

Each clip is reduced to a chart, its energy in 24 bands eleven times a second. Clips whose charts have nearly the same
average and spread are compared in full: copies rise and fall together, frame by frame (correlation), and differ by
little once their gains are taken out (decibels). The idea is that of Haitsma and Kalker, "A highly robust audio
fingerprinting system" (ISMIR 2002), with levels in place of their bits.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import scipy.fft

from dalsegno import runtime

BANDS = 24
EDGES_HZ = np.geomspace(150, 3800, BANDS + 1)  # what a 64 kb/s codec and a sample rate of 8 kHz both keep
HOP_S = 0.0464  # from window to window; two hops are one frame of a chart
LONGEST_S = 60  # so much of a clip is charted
RANGE_DB = 60  # below a clip's level; what is softer does not count
FLOOR_DB, LOUD_DB = 15, 20  # levels in a chart, of 60, below which cells are equal, and above which they are compared
STEP_DB = 0.5  # of a stored level
LAGS = 13  # frames: a second and a bit
SHORTEST = 5  # frames that two clips must share
NEIGHBOURS = 24  # clips nearest to each that are compared in full
RADIUS_DB = 6.0  # between averages and spreads, beyond which clips are no copies
CORRELATION, CORRELATION_SHORT = 0.6, 1.5  # least correlation of copies, and what 1/n_frames adds to it
DIFFERENCE_DB = 4.0  # greatest difference of copies (root mean square)


def chart(mono: np.ndarray, rate: int) -> np.ndarray:
    """Levels of a clip [shape=(n_frames, BANDS)], uint8 in steps of 0.5 dB, 120 being the clip's level.

    mono: samples [shape=(n,)] float32. Frames are 93 ms apart and 232 ms long.
    """
    n_fft = scipy.fft.next_fast_len(round(2 * HOP_S * rate), real=True)
    mono = np.pad(mono, (0, max(0, 5 * n_fft - len(mono)) if len(mono) < 3 * n_fft else 0))
    weights, window = _bands(rate, n_fft), np.hanning(n_fft).astype(np.float32)
    starts = np.round(np.arange(int((len(mono) - n_fft) / (HOP_S * rate)) + 1) * HOP_S * rate).astype(int)
    windows = np.lib.stride_tricks.sliding_window_view(mono, n_fft)
    energy = np.concatenate([_energy(windows[some] * window, weights) for some in _chunks(starts, 32)])
    n = (len(energy) - 4) // 2 + 1
    pooled = sum(w * energy[i : i + 2 * n - 1 : 2] for i, w in enumerate((0.35, 0.9, 0.9, 0.35)))
    return levels(10 * np.log10(pooled + 1e-20))


def levels(db: np.ndarray) -> np.ndarray:
    """Decibels [shape=(n_frames, BANDS)] as a chart: relative to the level that 5 % of the frames exceed."""
    top = np.percentile(db.max(1), 95)
    return np.round(np.clip(db - top + RANGE_DB, 0, RANGE_DB + 10) / STEP_DB).astype(np.uint8)


def pairs(charts: list[np.ndarray], r: runtime.Runtime) -> list[tuple[int, int, float]]:
    """Near copies among `charts`: (i, j, correlation in [0, 1]) with i < j, in order."""
    near = list(_candidates(np.array([_summary(c) for c in charts], np.float32)))
    jobs = ([charts[i], [charts[j] for j in others]] for i, others in near)
    found = runtime.map(_matches, jobs, len(near), r, "compare clips")
    return [
        (i, j, round(float(s), 4))
        for (i, others), ss in zip(near, found, strict=True)
        for j, s in zip(others, ss, strict=True)
        if s
    ]


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    """Correlation of two charts at the shift that suits them best, 0 if they are no copies of each other."""
    a, b = _decibels(a), _decibels(b)
    coarse, lag = max(_correlations(_rises(a), _rises(b)), default=(0.0, 0))
    if coarse < CORRELATION / 2:
        return 0.0
    return max(_fit(_between(a, part / 4), b, k) for part in range(4) for k in (lag - 1, lag, lag + 1))


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


def _fit(a: np.ndarray, b: np.ndarray, lag: int) -> float:
    """Correlation of two charts' rises at one lag if that, and their difference in dB, are those of copies; else 0."""
    a, b = a[max(0, lag) :], b[max(0, -lag) :]
    n = min(len(a), len(b))
    if n < SHORTEST:
        return 0.0
    a, b = a[:n], b[:n]
    loud = np.minimum(a, b) > LOUD_DB
    if not loud.any():
        return 0.0
    louder = np.median((a - b)[loud])  # what lies below the floor of one must not count in the other
    a, b = np.maximum(a, FLOOR_DB + louder), np.maximum(b + louder, FLOOR_DB + max(0, louder))
    x, y = np.diff(a, axis=0), np.diff(b, axis=0)
    correlation = float(np.vdot(x, y) / (np.sqrt(np.vdot(x, x) * np.vdot(y, y)) + 1e-9))
    if correlation < CORRELATION + CORRELATION_SHORT / n:
        return 0.0
    apart = (a - b)[np.maximum(a, b) > LOUD_DB + max(0, louder)]
    return correlation if np.sqrt(np.mean(np.square(apart))) < DIFFERENCE_DB else 0.0


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


def _energy(frames: np.ndarray, weights: np.ndarray) -> np.ndarray:
    spectrum = scipy.fft.rfft(frames, axis=1)[:, : len(weights)]
    return (np.square(spectrum.real) + np.square(spectrum.imag)) @ weights


@lru_cache(maxsize=16)
def _bands(rate: int, n_fft: int) -> np.ndarray:
    """How much of each bin lies in each band [shape=(n_bins, BANDS)]."""
    width = rate / n_fft
    n_bins = min(n_fft // 2, int(EDGES_HZ[-1] / width) + 1) + 1
    centre = np.arange(n_bins)[:, None] * width
    overlap = np.minimum(centre + width / 2, EDGES_HZ[1:]) - np.maximum(centre - width / 2, EDGES_HZ[:-1])
    return np.clip(overlap / width, 0, 1).astype(np.float32)


def _chunks(items: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
