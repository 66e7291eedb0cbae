"""Sound files as mono samples."""

from pathlib import Path

import librosa
import numpy as np
import soundfile
from jaxtyping import Float32

from dalsegno.pipeline.errors import UserError


def load(path: str | Path, sample_rate_hz: int, peak_normalise: bool = False) -> Float32[np.ndarray, " n_samples"]:
    """The samples of one file, full scale ±1: the mean of its channels, resampled to `sample_rate_hz` if need be.

    With `peak_normalise` the loudest sample is ±1, so that loudness tells a model nothing. Every format of libsndfile
    is read: wav, au, flac, ogg, mp3, aiff. Raises UserError naming the file if it cannot be decoded, holds no sample,
    or holds one that is not finite.
    """
    try:
        y, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise UserError(f"{path}: cannot be read as audio: {error}") from None
    y = y[:, 0] if y.shape[1] == 1 else y.mean(axis=1)
    if not len(y):
        raise UserError(f"{path}: holds no samples")
    if not np.isfinite(y).all():
        raise UserError(f"{path}: sample {int(np.argmin(np.isfinite(y)))} is not a finite number")
    if rate_hz != sample_rate_hz:
        y = librosa.resample(y, orig_sr=rate_hz, target_sr=sample_rate_hz)
    if peak_normalise and (peak := np.abs(y).max()) > 0:
        y = y / peak
    return y
