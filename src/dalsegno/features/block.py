"""A block of neighbouring frames of a clip, and the spectra that features of single frames share."""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Annotated

import numpy as np
from jaxtyping import Float, Float32

from dalsegno.pipeline.params import section
from dalsegno.pipeline.refusals import ReadWhere
from dalsegno.sound import spectrum
from dalsegno.sound.audio import Samples
from dalsegno.sound.framing import Bands, Framing

N_FRAMES = 1344  # per block: those of 31 s at 22,050 Hz and 512 samples per hop
BLOCK = 32  # frames transformed together
DEPTH_DB = 80.0  # of the log-mel spectrum

OverTime = Float[np.ndarray, "n_frames n_values"]
Frames = Float32[np.ndarray, "n_frames n_fft"]
FrameBefore = Float32[np.ndarray, "n_before n_fft"]


@section
class Settings(Framing):
    """What the values of features depend on."""

    n_mels: Bands = 128
    n_mfcc: Annotated[Bands, ReadWhere(use=("mfcc", "delta", "delta_delta"))] = 20
    n_bands: Annotated[Bands, ReadWhere(use=("stft",))] = 16  # equally wide on the mel scale


class WholeClip(ABC):
    """What a block has to know of the clip that it belongs to."""

    @property
    @abstractmethod
    def loudest_db(self) -> np.float32:
        """The loudest point of the mel spectrum, in dB."""

    @property
    @abstractmethod
    def chroma_filters(self) -> Float32[np.ndarray, "n_bins 12"]:
        """Weights of the bins in each pitch class, tuned as the clip is."""


class Block:
    """At most N_FRAMES frames. Each quantity is computed once, when the first feature asks for it."""

    def __init__(self, framed: Frames, edged: Samples, before: FrameBefore, p: Settings, clip: WholeClip) -> None:
        self.framed = framed  # of the samples of the clip with zeros around them
        self.edged = edged  # the samples of these frames, with the first and the last one of the clip around them
        self.before = before  # the frame before them as in `framed`; none if the clip begins here
        self.p, self.clip = p, clip
        self.hz = spectrum.frequencies_hz(p.sample_rate_hz, p.n_fft)

    @property
    def nbytes(self) -> int:
        """Memory of its spectra, in bytes."""
        return 4 * len(self.framed) * (2 * len(self.hz) + self.p.n_mels)

    @cached_property
    def power(self) -> Float32[np.ndarray, "n_frames n_bins"]:
        """Power spectrum."""
        return _power(self.framed)

    @cached_property
    def magnitude(self) -> Float32[np.ndarray, "n_frames n_bins"]:
        """Magnitude spectrum."""
        return np.sqrt(self.power)

    @cached_property
    def total(self) -> Float32[np.ndarray, " n_frames"]:
        """Sum of the magnitudes; 1 where there is silence, to divide by."""
        total = self.magnitude.sum(axis=1)
        return np.where(total < np.finfo(np.float32).tiny, np.float32(1), total)

    @cached_property
    def centroid_hz(self) -> Float32[np.ndarray, " n_frames"]:
        """Centre of gravity of the magnitude spectrum in Hz; 0 where there is silence."""
        return self.magnitude @ self.hz / self.total

    @cached_property
    def mel_db(self) -> Float32[np.ndarray, "n_frames n_mels"]:
        """Log-mel spectrum in dB, as deep as it goes."""
        return self._mel_db(self.power)

    @property
    def log_mel(self) -> Float32[np.ndarray, "n_frames n_mels"]:
        """Log-mel spectrum in dB, down to DEPTH_DB below the loudest point of the clip."""
        return self._deep(self.mel_db)

    @property
    def rise_db(self) -> Float32[np.ndarray, " n_steps"]:
        """Mean rise of the log-mel bands in dB from each frame to the next; to the first from the one before the block."""
        log_mel = self.log_mel
        before = self._deep(self._mel_db(_power(self.before))) if len(self.before) else log_mel[:0]
        return np.maximum(np.diff(log_mel, axis=0, prepend=before), 0).mean(axis=1)

    def _mel_db(self, power: Float32[np.ndarray, "n n_bins"]) -> Float32[np.ndarray, "n n_mels"]:
        return spectrum.decibels(spectrum.mel(power, self.p.sample_rate_hz, self.p.n_mels))

    def _deep(self, db: Float32[np.ndarray, "n n_mels"]) -> Float32[np.ndarray, "n n_mels"]:
        return np.maximum(db, self.clip.loudest_db - np.float32(DEPTH_DB))


def _power(framed: Frames) -> Float32[np.ndarray, "n_frames n_bins"]:
    """Power spectra, transformed in double precision for the sake of the valleys of `contrast`."""
    weights = spectrum.window("hann", framed.shape[1], precision=np.float64)
    power = np.empty((len(framed), 1 + framed.shape[1] // 2), np.float32)
    weighted = np.empty((BLOCK, framed.shape[1]))
    transformed = np.empty((BLOCK, power.shape[1]), np.complex128)  # both are used again, and so stay in the cache
    for i in range(0, len(framed), BLOCK):
        n = len(framed[i : i + BLOCK])
        np.multiply(framed[i : i + BLOCK], weights, out=weighted[:n])
        squares = np.fft.rfft(weighted[:n], out=transformed[:n]).view(np.float64)  # re, im, re, im, …
        np.square(squares, out=squares)
        np.add(squares[:, ::2], squares[:, 1::2], out=power[i : i + BLOCK], casting="same_kind")
    return power
