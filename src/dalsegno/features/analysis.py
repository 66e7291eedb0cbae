"""What the features of one clip share: each quantity is computed once, when the first feature asks for it."""

from functools import cached_property, lru_cache

import librosa
import numpy as np
from jaxtyping import Float, Float32

from dalsegno.features import tuning
from dalsegno.sound import spectrum


class Analysis:
    """A clip's samples and the spectra that features share. Time is first; there are 1 + n_samples // hop_length frames."""

    def __init__(
        self, y: Float32[np.ndarray, " n_samples"], sample_rate_hz: int, n_fft: int, hop_length: int, n_mels: int
    ) -> None:
        self.y, self.sample_rate_hz = y, sample_rate_hz
        self.n_fft, self.hop_length, self.n_mels = n_fft, hop_length, n_mels
        self.hz = spectrum.frequencies_hz(sample_rate_hz, n_fft)

    @cached_property
    def magnitude(self) -> Float32[np.ndarray, "n_frames n_bins"]:
        """Magnitude spectrum."""
        return np.sqrt(self.power)

    @cached_property
    def power(self) -> Float32[np.ndarray, "n_frames n_bins"]:
        """Power spectrum, computed in double precision for the valleys of `contrast`."""
        return spectrum.power(self.y, self.n_fft, self.hop_length, precision=np.float64)

    @cached_property
    def log_mel(self) -> Float[np.ndarray, "n_frames n_mels"]:
        """Log-mel spectrum in dB, 80 dB deep."""
        return librosa.power_to_db(spectrum.mel(self.power, self.sample_rate_hz, self.n_mels))

    @cached_property
    def chroma(self) -> Float[np.ndarray, "n_frames 12"]:
        """Energy of the twelve pitch classes, 0 … 1: relative to the strongest of each frame."""
        filters = _chroma_filters(self.sample_rate_hz, self.n_fft, tuning.estimate(self.power, self.sample_rate_hz))
        return librosa.util.normalize(self.power @ filters, axis=1)

    @cached_property
    def centroid_hz(self) -> Float[np.ndarray, " n_frames"]:
        """Centre of gravity of the magnitude spectrum in Hz; 0 where there is silence."""
        return self.magnitude @ self.hz / self.total

    @cached_property
    def total(self) -> Float[np.ndarray, " n_frames"]:
        """Sum of the magnitudes; 1 where there is silence, to divide by."""
        total = self.magnitude.sum(axis=1)
        return np.where(total < np.finfo(np.float32).tiny, np.float32(1), total)

    @cached_property
    def onset(self) -> Float[np.ndarray, " n_frames"]:
        """Onset strength in dB: mean rise of the log-mel bands, late by half a window as in librosa."""
        rise = np.maximum(np.diff(self.log_mel, axis=0), 0).mean(axis=1)
        late = 1 + self.n_fft // (2 * self.hop_length)
        return np.pad(rise, (late, 0))[: len(self.log_mel)]


@lru_cache(maxsize=128)
def _chroma_filters(sample_rate_hz: int, n_fft: int, tuned: float) -> Float32[np.ndarray, "n_bins 12"]:
    """Weights of the bins in each pitch class, for a recording `tuned` so many semitones (-0.5 … 0.5) off A = 440 Hz."""
    return np.ascontiguousarray(librosa.filters.chroma(sr=sample_rate_hz, n_fft=n_fft, tuning=tuned).T)
