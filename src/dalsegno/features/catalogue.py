"""Features by name: a function here is a word for `features.use`. The values are librosa's own where it has the feature.

A feature of single frames maps a Block to values over time (n_frames, n_values). A feature of the whole clip maps an
Analysis to values over time, or to values of the clip (n_values,). `features.stats` summarises values over time.
"""

import librosa
import numpy as np
import scipy.fft
from jaxtyping import Float

from dalsegno.features import bands
from dalsegno.features.analysis import Analysis
from dalsegno.features.block import Block, OverTime
from dalsegno.features.registry import OfClip, per_clip, per_frame
from dalsegno.sound import spectrum


@per_frame("loudest_db")
def mfcc(b: Block) -> OverTime:
    """Mel-frequency cepstral coefficients (n_frames, n_mfcc)."""
    return scipy.fft.dct(b.log_mel, axis=1, norm="ortho")[:, : b.p.n_mfcc]


@per_clip(mfcc, whole=("loudest_db",))
def delta(a: Analysis) -> OverTime:
    """Slope of each MFCC over nine frames (n_frames, n_mfcc)."""
    return _slope(a.over_time(mfcc), order=1)


@per_clip(mfcc, whole=("loudest_db",))
def delta_delta(a: Analysis) -> OverTime:
    """Curvature of each MFCC over nine frames (n_frames, n_mfcc)."""
    return _slope(a.over_time(mfcc), order=2)


@per_frame("chroma_filters")
def chroma(b: Block) -> OverTime:
    """Energy of the twelve pitch classes, C first (n_frames, 12), 0 … 1: relative to the strongest of each frame."""
    return librosa.util.normalize(b.power @ b.clip.chroma_filters, axis=1)


def _extremes(b: Block) -> OverTime:
    """The peaks of the bands of `contrast`, and then their valleys, as magnitudes (n_frames, 14)."""
    peaks, valleys = [], []
    for bins, n in bands.octaves(b.p.sample_rate_hz, b.p.n_fft):
        ordered = np.sort(b.magnitude[:, bins], axis=1)
        valleys.append(ordered[:, :n].mean(axis=1))
        peaks.append(ordered[:, -n:].mean(axis=1))
    return np.stack(peaks + valleys, axis=1)


@per_clip(_extremes)
def contrast(a: Analysis) -> OverTime:
    """Spectral contrast: peak over valley in seven octave bands (n_frames, 7), dB (Jiang et al. 2002)."""
    peaks, valleys = np.hsplit(a.over_time(_extremes), 2)
    return librosa.power_to_db(peaks) - librosa.power_to_db(valleys)


@per_frame()
def centroid(b: Block) -> OverTime:
    """Spectral centroid (n_frames, 1), Hz."""
    return b.centroid_hz[:, None]


@per_frame()
def bandwidth(b: Block) -> OverTime:
    """Spectral bandwidth: standard deviation of frequency about the centroid (n_frames, 1), Hz."""
    away_hz = b.hz - b.centroid_hz[:, None]
    return np.sqrt(np.vecdot(b.magnitude, np.square(away_hz, out=away_hz)) / b.total)[:, None]


@per_frame()
def rolloff(b: Block) -> OverTime:
    """Roll-off: the frequency below which 85% of the magnitude lies (n_frames, 1), Hz."""
    below = np.cumsum(b.magnitude, axis=1)
    return b.hz[np.argmax(below >= np.float32(0.85) * below[:, -1:], axis=1)][:, None]


@per_frame()
def flatness(b: Block) -> OverTime:
    """Spectral flatness: geometric over arithmetic mean of power (n_frames, 1), 0 … 1; noise is near 1."""
    power = np.maximum(b.power, np.full(b.power.shape[1], 1e-10, np.float32))  # slower with a single number
    arithmetic = power.mean(axis=1)
    return (np.exp(np.log(power, out=power).mean(axis=1)) / arithmetic)[:, None]


@per_frame()
def zcr(b: Block) -> OverTime:
    """Zero-crossing rate: share of a frame's samples at which the sign changes (n_frames, 1), 0 … 1."""
    negative = b.edged < -1e-10
    crosses = np.diff(negative, append=negative[-1])
    first = b.p.hop_length * np.arange(len(b.framed))
    bounds = np.stack([first, first + b.p.n_fft - 1], axis=1).ravel()  # sums at odd places are not needed
    n_crossings = np.add.reduceat(crosses, bounds, dtype=np.int32)[::2]
    return (n_crossings / np.float32(b.p.n_fft)).astype(np.float32)[:, None]


@per_frame()
def rms(b: Block) -> OverTime:
    """Root mean square of the samples of a frame (n_frames, 1), full scale 1."""
    return np.sqrt(np.vecdot(b.framed, b.framed) / np.float32(b.p.n_fft))[:, None]


@per_frame()
def stft(b: Block) -> OverTime:
    """Mean magnitude of the spectrum in `n_bands` bands equally wide on the mel scale (n_frames, n_bands)."""
    edges = bands.mel_edges(b.p.sample_rate_hz, b.p.n_fft, b.p.n_bands)
    return np.add.reduceat(b.magnitude, edges[:-1], axis=1) / np.diff(edges).astype(np.float32)


@per_clip(chroma, whole=("chroma_filters",))
def tonnetz(a: Analysis) -> OverTime:
    """Tonal centroid in fifths, minor and major thirds (n_frames, 6) (Harte, Sandler, Gasser 2006)."""
    return librosa.feature.tonnetz(chroma=a.over_time(chroma).T).T


def _rises(b: Block) -> OverTime:
    """The steps of `onset` (n_steps, 1); the first block of a clip has one fewer than frames."""
    return b.rise_db[:, None]


@per_clip(_rises, whole=("loudest_db",))
def onset(a: Analysis) -> OverTime:
    """Onset strength: mean rise of the log-mel bands (n_frames, 1), dB per frame; late by half a window as in librosa."""
    rises = a.over_time(_rises)
    late = 1 + a.p.n_fft // (2 * a.p.hop_length)
    return np.pad(rises, ((late, 0), (0, 0)))[: len(rises) + 1]


@per_clip(_rises, whole=("loudest_db",))
def tempo(a: Analysis) -> OfClip:
    """Tempo of the whole clip in beats per minute (1,), from the mean autocorrelation of onset strength over 8 s.

    The mean of autocorrelations is the transform of the mean of power spectra: one inverse transform, not n_frames.
    """
    strength = onset(a)[:, 0]
    n = int(librosa.time_to_frames(8.0, sr=a.p.sample_rate_hz, hop_length=a.p.hop_length))
    padded = np.pad(strength, n // 2, mode="linear_ramp")
    framed = np.lib.stride_tricks.sliding_window_view(padded, n)[: len(strength)]
    parts = (framed[i : i + spectrum.BLOCK] for i in range(0, len(framed), spectrum.BLOCK))
    size = scipy.fft.next_fast_len(2 * n - 1, real=True)
    lags = scipy.fft.irfft(sum(_relative_power(part, size) for part in parts) / len(framed), n=size)[:n]
    return librosa.feature.tempo(tg=lags[:, None], sr=a.p.sample_rate_hz, hop_length=a.p.hop_length)


def _slope(x: OverTime, order: int) -> OverTime:
    """Derivative of the given order over nine frames, at every frame; of the outer four, that of the nearest nine.

    It is that of a polynomial of this order, so it is the same in all nine frames. librosa fits the polynomial once more.
    """
    slope = librosa.feature.delta(x, width=9, order=order, axis=0, mode="nearest")
    if len(x) >= 9:  # nine frames cannot be fitted to fewer
        slope[:4], slope[-4:] = slope[4], slope[-5]
    return slope


def _relative_power(framed: Float[np.ndarray, "n_frames n"], size: int) -> Float[np.ndarray, " n_bins"]:
    """Sum of the power spectra of frames through a Hann window, each over its energy, by which lag 0 becomes 1."""
    windowed = framed * spectrum.window("hann", framed.shape[1])
    energy = np.vecdot(windowed, windowed)
    weights = np.divide(1, energy, out=np.zeros_like(energy), where=energy > np.finfo(np.float32).tiny)
    squares = scipy.fft.rfft(windowed, n=size, axis=1).view(energy.dtype)  # re, im, re, im, …
    return (weights @ np.square(squares, out=squares)).reshape(-1, 2).sum(axis=1)
