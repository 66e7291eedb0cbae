"""Pitch classes, tuning and tonal centroids, number for number those of librosa, whose import takes 145 MB and a second."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32

N_CLASSES = 12  # pitch classes, C first
CENTRE, WIDTH = 5.0, 2.0  # octave that counts most, above 27.5 Hz, and by how many octaves weights fall off around it
RESOLUTION = 100  # steps of a semitone in which the tuning is told


def unit(x: Float[np.ndarray, "*shape"], norm: float, axis: int) -> Float[np.ndarray, "*shape"]:
    """`x` over its norm along an axis: 1, 2 or infinity; what is nearly zero stays as it is."""
    size = np.abs(x).astype(np.float64)
    if norm == np.inf:
        length = size.max(axis, keepdims=True)
    else:
        length = np.sum(size**norm, axis, keepdims=True) ** (1 / norm)
    length[length < np.finfo(x.dtype).tiny] = 1
    scaled = np.empty_like(x)
    scaled[:] = x / length
    return scaled


@lru_cache(maxsize=128)
def chroma_filters(sample_rate_hz: int, n_fft: int, tuned: float) -> Float32[np.ndarray, "n_bins 12"]:
    """Weights of the bins in each pitch class, for a recording `tuned` so many semitones (-0.5 … 0.5) off A = 440 Hz.

    Bumps around each class (Ellis 2007, Chroma feature analysis and synthesis), of unit length per bin.
    """
    hz = np.linspace(0, sample_rate_hz, n_fft, endpoint=False)[1:]
    semitones = N_CLASSES * _octaves(hz, tuned)
    semitones = np.concatenate(
        ([semitones[0] - 1.5 * N_CLASSES], semitones)
    )  # of the bin at 0 Hz, an octave and a half below
    widths = np.concatenate((np.maximum(np.diff(semitones), 1.0), [1]))
    away = np.subtract.outer(semitones, np.arange(N_CLASSES, dtype=np.float64)).T
    away = np.remainder(away + N_CLASSES / 2 + 10 * N_CLASSES, N_CLASSES) - N_CLASSES / 2
    weights = unit(np.exp(-0.5 * (2 * away / widths) ** 2), 2, axis=0)
    weights *= np.exp(-0.5 * ((semitones / N_CLASSES - CENTRE) / WIDTH) ** 2)
    from_c = np.roll(weights, -3, axis=0)  # they began with A
    return np.ascontiguousarray(np.ascontiguousarray(from_c[:, : 1 + n_fft // 2], np.float32).T)


def tuning(pitch_hz: Float[np.ndarray, " n"]) -> float:
    """The most frequent deviation of pitches from a semitone above or below A = 440 Hz, -0.5 … 0.5; 0 of none."""
    pitch_hz = pitch_hz[pitch_hz > 0]
    if not len(pitch_hz):
        return 0.0
    off = np.mod(N_CLASSES * _octaves(pitch_hz, 0.0), 1.0)
    off[off >= 0.5] -= 1.0
    counts, edges = np.histogram(off, np.linspace(-0.5, 0.5, RESOLUTION + 1))
    return float(edges[np.argmax(counts)])


def tonal_centroids(chroma: Float[np.ndarray, "n_frames 12"]) -> Float[np.ndarray, "n_frames 6"]:
    """Each frame's place on the circles of fifths, minor and major thirds (Harte, Sandler, Gasser 2006)."""
    steps = np.multiply.outer([7 / 6, 7 / 6, 3 / 2, 3 / 2, 2 / 3, 2 / 3], np.linspace(0, 12, N_CLASSES, endpoint=False))
    steps[::2] -= 0.5
    circles = np.array([1, 1, 1, 1, 0.5, 0.5])[:, None] * np.cos(np.pi * steps)
    return np.einsum("pc,ct->pt", circles, unit(chroma.T, 1, axis=0), optimize=True).T


def _octaves(hz: Float[np.ndarray, " n"], tuned: float) -> Float[np.ndarray, " n"]:
    """Octaves above the A of 27.5 Hz."""
    return np.log2(hz / (440.0 * 2.0 ** (tuned / N_CLASSES) / 16))
