"""Compare two clips of ten seconds or more by their charts: near copies rise and fall together.

Clips whose charts have nearly the same average and spread are compared in full: copies gain and lose level in the same
frames (correlation), and differ by little once their gains are taken out (decibels). The idea is that of Haitsma and
Kalker, "A highly robust audio fingerprinting system" (ISMIR 2002), with levels in place of their bits.
"""

import numpy as np

from dalsegno.clips.copies.chart import STEP_DB

FLOOR_DB, LOUD_DB = 15, 20  # levels in a chart, of 60: below the first, cells are equal; above the second, compared
LAGS = 13  # frames: a second and a bit
SHORTEST = 5  # frames that two clips must share
RADIUS_DB = 6.0  # between averages and spreads, beyond which clips are not copies
NEIGHBOURS = 16  # clips nearest to each that are compared in full
CORRELATION, CORRELATION_SHORT = 0.75, 1.5  # least correlation of copies, and what 1/n_frames adds to it
DIFFERENCE_DB = 4.0  # greatest difference of copies (root mean square)


def similarity(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two charts' levels [shape=(n_frames, BANDS)] at their best shift, 0 if they are not copies."""
    coarse, lag = best_lag(one, other)
    if coarse < CORRELATION / 2:
        return 0.0
    a, b = _decibels(one), _decibels(other)
    return max(
        _correlation_of_copies(_delayed(a, part / 4), b, k) for part in range(4) for k in (lag - 1, lag, lag + 1)
    )


def best_lag(one: np.ndarray, other: np.ndarray) -> tuple[float, int]:
    """The highest correlation of two charts' rises and falls, and its lag in frames; charts [shape=(n_frames, BANDS)]."""
    return _highest_correlation(_rises(_decibels(one)), _rises(_decibels(other)))


def summary(levels: np.ndarray) -> np.ndarray:
    """Average and spread of each band over the frames in which anything sounds [shape=(2 * BANDS,)], in dB."""
    a = _decibels(levels)
    sounding = a[a.max(1) > LOUD_DB]
    a = sounding if len(sounding) > 1 else a
    average = a.mean(0)
    return np.concatenate([average - average.mean(), a.std(0)])


def _levelled(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Levels at equal gain, raised to a floor that both can hold; and their difference where one of them is loud."""
    loud = np.minimum(a, b) > LOUD_DB
    louder = np.median((a - b)[loud]) if loud.any() else np.float32(0)
    floor = FLOOR_DB + max(np.float32(0), louder)
    a, b = np.maximum(a, floor), np.maximum(b + louder, floor)
    return a, b, (a - b)[np.maximum(a, b) > floor + LOUD_DB - FLOOR_DB]


def _rms(difference: np.ndarray) -> float:
    """Root mean square; infinite of nothing."""
    return float(np.sqrt(np.vdot(difference, difference) / len(difference))) if len(difference) else np.inf


def _decibels(levels: np.ndarray) -> np.ndarray:
    """Stored levels in dB, raised to FLOOR_DB."""
    return np.maximum(levels * np.float32(STEP_DB), FLOOR_DB)


def _rises(a: np.ndarray) -> np.ndarray:
    """What each band gains from frame to frame [shape=(n_frames, BANDS)]; zero in the first."""
    return np.diff(a, axis=0, prepend=a[:1])


def _highest_correlation(a: np.ndarray, b: np.ndarray) -> tuple[float, int]:
    """Highest correlation of two charts' rises over what overlaps, and its lag (of a behind b); (0, 0) if too little overlaps."""
    lag = np.arange(-LAGS, LAGS + 1)
    n = np.minimum(len(a) - np.maximum(0, lag), len(b) - np.maximum(0, -lag))
    lag = lag[n >= max(SHORTEST, min(len(a), len(b)) / 2)]
    if not len(lag):
        return 0.0, 0
    i, j = np.maximum(0, lag), np.maximum(0, -lag)
    n = np.minimum(len(a) - i, len(b) - j)
    lag_of_pair = np.arange(len(a))[:, None] - np.arange(len(b)) + len(b) - 1
    product = np.bincount(lag_of_pair.ravel(), (a @ b.T).ravel())[lag + len(b) - 1]
    power_a, power_b = (np.concatenate([[0], np.cumsum(np.square(x).sum(1))]) for x in (a, b))
    power = (power_a[i + n] - power_a[i]) * (power_b[j + n] - power_b[j])
    correlation = product / np.sqrt(power + 1e-9)
    best = int(correlation.argmax())
    return float(correlation[best]), int(lag[best])


def _correlation_of_copies(a: np.ndarray, b: np.ndarray, lag: int) -> float:
    """Correlation of two charts' rises at one lag if it and their difference in dB are those of copies; else 0."""
    a, b = a[max(0, lag) :], b[max(0, -lag) :]
    n = min(len(a), len(b))
    if n < SHORTEST:
        return 0.0
    a, b, difference = _levelled(a[:n], b[:n])
    x, y = np.diff(a, axis=0), np.diff(b, axis=0)
    correlation = float(np.vdot(x, y) / (np.sqrt(np.vdot(x, x) * np.vdot(y, y)) + 1e-9))
    copies = correlation > CORRELATION + CORRELATION_SHORT / n and _rms(difference) < DIFFERENCE_DB
    return correlation if copies else 0.0


def _delayed(a: np.ndarray, part: float) -> np.ndarray:
    """Levels as they are `part` of a frame later, by cubic interpolation (Catmull and Rom)."""
    before, this, after, then = (np.pad(a, ((1, 2), (0, 0)), "edge")[i : i + len(a)] for i in range(4))
    bend = 2 * before - 5 * this + 4 * after - then + part * (3 * (this - after) + then - before)
    return this + 0.5 * part * (after - before + part * bend)
