"""Features by name: a function here is a word for `features.use`.

A feature maps an Analysis to values over time (n_frames, n_values), which `features.stats` summarises, or to values of
the whole clip (n_values,), which are kept as they are. The values are librosa's own where it has the feature.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import librosa
import numpy as np
import scipy.fft
import scipy.signal
from jaxtyping import Float
from pydantic import AfterValidator, Field

from dalsegno.features import bands, statistics
from dalsegno.features.analysis import Analysis
from dalsegno.pipeline.errors import hint
from dalsegno.pipeline.params import section
from dalsegno.sound import spectrum
from dalsegno.sound.framing import Framing

OverTime = Float[np.ndarray, "n_frames n_values"]
OfClip = Float[np.ndarray, " n_values"]
Feature = Callable[[Analysis, "Params"], OverTime | OfClip]
FEATURES: dict[str, Feature] = {}


def _known(names: dict[str, Any]) -> AfterValidator:
    """A check that a word is one of `names`; the message of its ValueError has the nearest one."""

    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"unknown name{hint(name, list(names))}; there are: {', '.join(names)}")
        return name

    return AfterValidator(check)


@section
class Params(Framing):
    """`features:` in params.yaml."""

    n_mels: Annotated[int, Field(ge=1)] = 128
    n_mfcc: Annotated[int, Field(ge=1)] = 20
    n_bands: Annotated[int, Field(ge=1)] = 16  # of `stft`, equally wide on the mel scale
    segments: Annotated[int, Field(ge=1)] = 1  # number of equal pieces per clip, one row each; 1: the whole clip
    source: Literal["audio", "csv"] = "audio"  # csv: read them from `table`, compute none
    table: Annotated[str, Field(min_length=1)] = "data/clips.csv"  # csv: the file, with a column of clip names
    use: Annotated[list[Annotated[str, _known(FEATURES)]], Field(min_length=1)]
    stats: Annotated[list[Annotated[str, _known(statistics.STATISTICS)]], Field(min_length=1)]

    def __post_init__(self) -> None:
        if self.n_mfcc > self.n_mels:
            raise ValueError(f"n_mfcc = {self.n_mfcc} is more than n_mels = {self.n_mels}")
        for name in ("use", "stats"):
            if twice := sorted({w for w in getattr(self, name) if getattr(self, name).count(w) > 1}):
                raise ValueError(f"{name} names {', '.join(twice)} twice")
        spectrum.check_mel(self.sample_rate_hz, self.n_fft, self.n_mels, 0.0, None)
        if "contrast" in self.use:
            bands.octaves(self.sample_rate_hz, self.n_fft)
        if "stft" in self.use:
            bands.mel_edges(self.sample_rate_hz, self.n_fft, self.n_bands)


def feature(function: Feature) -> Feature:
    """Let `function` be asked for by its name."""
    FEATURES[function.__name__] = function
    return function


@feature
def mfcc(a: Analysis, p: Params) -> OverTime:
    """Mel-frequency cepstral coefficients [shape=(n_frames, n_mfcc)]."""
    return scipy.fft.dct(a.log_mel, axis=1, type=2, norm="ortho")[:, : p.n_mfcc]


@feature
def delta(a: Analysis, p: Params) -> OverTime:
    """Slope of each MFCC over nine frames [shape=(n_frames, n_mfcc)]."""
    return _slope(mfcc(a, p), order=1)


@feature
def delta_delta(a: Analysis, p: Params) -> OverTime:
    """Curvature of each MFCC over nine frames [shape=(n_frames, n_mfcc)]."""
    return _slope(mfcc(a, p), order=2)


@feature
def chroma(a: Analysis, p: Params) -> OverTime:
    """Energy of the twelve pitch classes, C first [shape=(n_frames, 12), 0 … 1]."""
    return a.chroma


@feature
def contrast(a: Analysis, p: Params) -> OverTime:
    """Spectral contrast: peak over valley in seven octave bands [shape=(n_frames, 7), dB] (Jiang et al. 2002)."""
    peaks, valleys = [], []
    for bins, n in bands.octaves(a.sample_rate_hz, a.n_fft):
        ordered = np.sort(a.magnitude[:, bins], axis=1)
        valleys.append(ordered[:, :n].mean(axis=1))
        peaks.append(ordered[:, -n:].mean(axis=1))
    return librosa.power_to_db(np.stack(peaks, axis=1)) - librosa.power_to_db(np.stack(valleys, axis=1))


@feature
def centroid(a: Analysis, p: Params) -> OverTime:
    """Spectral centroid [shape=(n_frames, 1), Hz]."""
    return a.centroid_hz[:, None]


@feature
def bandwidth(a: Analysis, p: Params) -> OverTime:
    """Spectral bandwidth: standard deviation of frequency about the centroid [shape=(n_frames, 1), Hz]."""
    away_hz = a.hz - a.centroid_hz[:, None]
    return np.sqrt(np.einsum("tf,tf,tf->t", a.magnitude, away_hz, away_hz) / a.total)[:, None]


@feature
def rolloff(a: Analysis, p: Params) -> OverTime:
    """Roll-off: the frequency below which 85 % of the magnitude lies [shape=(n_frames, 1), Hz]."""
    below = np.cumsum(a.magnitude, axis=1)
    return a.hz[np.argmax(below >= np.float32(0.85) * below[:, -1:], axis=1)][:, None]


@feature
def flatness(a: Analysis, p: Params) -> OverTime:
    """Spectral flatness: geometric over arithmetic mean of power [shape=(n_frames, 1), 0 … 1]; noise is near 1."""
    power = np.maximum(a.power, np.float32(1e-10))
    return (np.exp(np.log(power).mean(axis=1)) / power.mean(axis=1))[:, None]


@feature
def zcr(a: Analysis, p: Params) -> OverTime:
    """Zero-crossing rate: share of a frame's samples at which the sign changes [shape=(n_frames, 1), 0 … 1]."""
    negative = np.pad(a.y, a.n_fft // 2, mode="edge") < -1e-10
    crossings = np.flatnonzero(negative[1:] != negative[:-1])
    first = np.arange(0, len(negative) - a.n_fft + 1, a.hop_length)
    count = np.searchsorted(crossings, first + a.n_fft - 1) - np.searchsorted(crossings, first)
    return (count / np.float32(a.n_fft)).astype(np.float32)[:, None]


@feature
def rms(a: Analysis, p: Params) -> OverTime:
    """Root mean square of the samples of a frame [shape=(n_frames, 1), full scale 1]."""
    framed = spectrum.frames(a.y, a.n_fft, a.hop_length)
    return np.sqrt(np.einsum("tn,tn->t", framed, framed) / np.float32(a.n_fft))[:, None]


@feature
def stft(a: Analysis, p: Params) -> OverTime:
    """Mean magnitude of the spectrum in `n_bands` bands equally wide on the mel scale [shape=(n_frames, n_bands)]."""
    edges = bands.mel_edges(a.sample_rate_hz, a.n_fft, p.n_bands)
    return np.add.reduceat(a.magnitude, edges[:-1], axis=1) / np.diff(edges).astype(np.float32)


@feature
def tonnetz(a: Analysis, p: Params) -> OverTime:
    """Tonal centroid in fifths, minor and major thirds [shape=(n_frames, 6)] (Harte, Sandler, Gasser 2006)."""
    return librosa.feature.tonnetz(chroma=a.chroma.T).T


@feature
def tempo(a: Analysis, p: Params) -> OfClip:
    """Tempo of the whole clip [shape=(1,), beats a minute], from the mean autocorrelation of onset strength over 8 s.

    The mean of autocorrelations is the transform of the mean of power spectra: one inverse transform, not n_frames.
    """
    n = int(librosa.time_to_frames(8.0, sr=a.sample_rate_hz, hop_length=a.hop_length))
    padded = np.pad(a.onset, n // 2, mode="linear_ramp")
    window = scipy.signal.get_window("hann", n).astype(np.float32)
    framed = np.lib.stride_tricks.sliding_window_view(padded, n)[: len(a.onset)] * window
    energy = np.einsum("tn,tn->t", framed, framed)  # of lag 0, the largest: it divides the frame's autocorrelation
    size = scipy.fft.next_fast_len(2 * n - 1, real=True)
    power = np.square(np.abs(scipy.fft.rfft(framed, n=size, axis=1)))
    loud = energy > np.finfo(np.float32).tiny
    lags = scipy.fft.irfft((1 / energy[loud]) @ power[loud] / len(framed), n=size)[:n]
    return librosa.feature.tempo(tg=lags[:, None], sr=a.sample_rate_hz, hop_length=a.hop_length)


@feature
def onset(a: Analysis, p: Params) -> OverTime:
    """Onset strength: mean rise of the log-mel bands [shape=(n_frames, 1), dB a frame]."""
    return a.onset[:, None]


def _slope(x: OverTime, order: int) -> OverTime:
    """Derivative of the given order over nine frames, at every frame."""
    mode = "interp" if len(x) >= 9 else "nearest"  # nine frames cannot be fitted to fewer
    return librosa.feature.delta(x, width=9, order=order, axis=0, mode=mode)
