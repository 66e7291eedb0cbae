"""Features by name: a function here is a word for `features.use`. The values are librosa's own where it has the feature.

A feature of single frames maps a Block to values over time (n_frames, n_values). A feature of the whole clip maps an
Analysis to values over time, or to values of the clip (n_values,). `features.stats` summarises values over time.
"""

from collections.abc import Callable
from dataclasses import dataclass

import librosa
import numpy as np
import scipy.fft
import scipy.signal
from jaxtyping import Float

from dalsegno.features import bands, tuning
from dalsegno.features.analysis import Analysis, OfBlock, mel_db
from dalsegno.features.block import N_FRAMES, Block, OverTime

OfClip = Float[np.ndarray, " n_values"]


@dataclass(frozen=True)
class Feature:
    """A feature that can be asked for."""

    compute: Callable[[Analysis], OverTime | OfClip]
    needs: tuple[OfBlock, ...]  # functions of blocks whose values over time it is made from


FEATURES: dict[str, Feature] = {}


def per_frame(function: OfBlock) -> OfBlock:
    """Let a feature of single frames be asked for by its name."""
    FEATURES[function.__name__] = Feature(lambda a: a.over_time(function), (function,))
    return function


def per_clip(*needs: OfBlock) -> Callable:
    """Let a feature of the whole clip be asked for by its name; `needs` are the functions that it gets `over_time`."""

    def register(function: Callable[[Analysis], OverTime | OfClip]) -> Callable[[Analysis], OverTime | OfClip]:
        FEATURES[function.__name__] = Feature(function, needs)
        return function

    return register


@per_clip(mel_db)
def mfcc(a: Analysis) -> OverTime:
    """Mel-frequency cepstral coefficients (n_frames, n_mfcc)."""
    parts = (a.log_mel[i : i + N_FRAMES] for i in range(0, len(a.log_mel), N_FRAMES))
    return np.concatenate([scipy.fft.dct(part, axis=1, norm="ortho")[:, : a.p.n_mfcc] for part in parts])


@per_clip(mel_db)
def delta(a: Analysis) -> OverTime:
    """Slope of each MFCC over nine frames (n_frames, n_mfcc)."""
    return _slope(mfcc(a), order=1)


@per_clip(mel_db)
def delta_delta(a: Analysis) -> OverTime:
    """Curvature of each MFCC over nine frames (n_frames, n_mfcc)."""
    return _slope(mfcc(a), order=2)


@per_clip(tuning.peaks)
def chroma(a: Analysis) -> OverTime:
    """Energy of the twelve pitch classes, C first (n_frames, 12), 0 … 1."""
    return a.chroma


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


@per_frame
def centroid(b: Block) -> OverTime:
    """Spectral centroid (n_frames, 1), Hz."""
    return b.centroid_hz[:, None]


@per_frame
def bandwidth(b: Block) -> OverTime:
    """Spectral bandwidth: standard deviation of frequency about the centroid (n_frames, 1), Hz."""
    away_hz = b.hz - b.centroid_hz[:, None]
    return np.sqrt(np.einsum("tf,tf,tf->t", b.magnitude, away_hz, away_hz) / b.total)[:, None]


@per_frame
def rolloff(b: Block) -> OverTime:
    """Roll-off: the frequency below which 85 % of the magnitude lies (n_frames, 1), Hz."""
    below = np.cumsum(b.magnitude, axis=1)
    return b.hz[np.argmax(below >= np.float32(0.85) * below[:, -1:], axis=1)][:, None]


@per_frame
def flatness(b: Block) -> OverTime:
    """Spectral flatness: geometric over arithmetic mean of power (n_frames, 1), 0 … 1; noise is near 1."""
    power = np.maximum(b.power, np.float32(1e-10))
    return (np.exp(np.log(power).mean(axis=1)) / power.mean(axis=1))[:, None]


@per_frame
def zcr(b: Block) -> OverTime:
    """Zero-crossing rate: share of a frame's samples at which the sign changes (n_frames, 1), 0 … 1."""
    negative = b.edged < -1e-10
    n_crossings = np.count_nonzero(negative[:, 1:] != negative[:, :-1], axis=1)
    return (n_crossings / np.float32(b.p.n_fft)).astype(np.float32)[:, None]


@per_frame
def rms(b: Block) -> OverTime:
    """Root mean square of the samples of a frame (n_frames, 1), full scale 1."""
    return np.sqrt(np.einsum("tn,tn->t", b.framed, b.framed) / np.float32(b.p.n_fft))[:, None]


@per_frame
def stft(b: Block) -> OverTime:
    """Mean magnitude of the spectrum in `n_bands` bands equally wide on the mel scale (n_frames, n_bands)."""
    edges = bands.mel_edges(b.p.sample_rate_hz, b.p.n_fft, b.p.n_bands)
    return np.add.reduceat(b.magnitude, edges[:-1], axis=1) / np.diff(edges).astype(np.float32)


@per_clip(tuning.peaks)
def tonnetz(a: Analysis) -> OverTime:
    """Tonal centroid in fifths, minor and major thirds (n_frames, 6) (Harte, Sandler, Gasser 2006)."""
    return librosa.feature.tonnetz(chroma=a.chroma.T).T


@per_clip(mel_db)
def tempo(a: Analysis) -> OfClip:
    """Tempo of the whole clip in beats per minute (1,), from the mean autocorrelation of onset strength over 8 s.

    The mean of autocorrelations is the transform of the mean of power spectra: one inverse transform, not n_frames.
    """
    n = int(librosa.time_to_frames(8.0, sr=a.p.sample_rate_hz, hop_length=a.p.hop_length))
    padded = np.pad(a.onset, n // 2, mode="linear_ramp")
    framed = np.lib.stride_tricks.sliding_window_view(padded, n)[: len(a.onset)]
    parts = (framed[i : i + N_FRAMES] for i in range(0, len(framed), N_FRAMES))
    size = scipy.fft.next_fast_len(2 * n - 1, real=True)
    lags = scipy.fft.irfft(sum(_relative_power(part, size) for part in parts) / len(framed), n=size)[:n]
    return librosa.feature.tempo(tg=lags[:, None], sr=a.p.sample_rate_hz, hop_length=a.p.hop_length)


@per_clip(mel_db)
def onset(a: Analysis) -> OverTime:
    """Onset strength: mean rise of the log-mel bands (n_frames, 1), dB per frame."""
    return a.onset[:, None]


def _slope(x: OverTime, order: int) -> OverTime:
    """Derivative of the given order over nine frames, at every frame."""
    mode = "interp" if len(x) >= 9 else "nearest"  # nine frames cannot be fitted to fewer
    return librosa.feature.delta(x, width=9, order=order, axis=0, mode=mode)


def _relative_power(framed: Float[np.ndarray, "n_frames n"], size: int) -> Float[np.ndarray, " n_bins"]:
    """Sum of the power spectra of frames through a Hann window, each over its energy, by which lag 0 becomes 1."""
    windowed = framed * scipy.signal.get_window("hann", framed.shape[1]).astype(np.float32)
    energy = np.einsum("tn,tn->t", windowed, windowed)
    power = np.square(np.abs(scipy.fft.rfft(windowed, n=size, axis=1)))
    loud = energy > np.finfo(np.float32).tiny
    return (1 / energy[loud]) @ power[loud]
