"""Power as stored decibels: [-top_db, 0] relative to the clip's loudest point, in a byte or a half-precision float."""

from typing import Annotated, Any, Literal

import librosa
import numpy as np
from jaxtyping import Float, Float16, UInt8
from pydantic import Field

from dalsegno.pipeline.params import section
from dalsegno.sound import spectrum
from dalsegno.sound.framing import Framing

Dtype = Literal["uint8", "float16"]


@section
class Params(Framing):
    """`options:` that all kinds of spectrogram of sound share."""

    top_db: Annotated[float, Field(gt=0, le=200)] = 80.0  # what is softer than this below the loudest point is floor
    dtype: Dtype = "uint8"

    def meta(self, kind: str) -> dict[str, Any]:
        """The entries that meta.json has for a store with these options; `kind` is the name of the file in spectrograms/."""
        rates = {"sample_rate_hz": self.sample_rate_hz, "hop_length": self.hop_length, "n_fft": self.n_fft}
        unit = meta(self.top_db, self.dtype)
        return {"kind": kind, **rates, **unit, "frame_rate_hz": self.sample_rate_hz / self.hop_length}


@section
class MelParams(Params):
    """`options:` of those with mel bands."""

    n_mels: Annotated[int, Field(ge=1)] = 128
    f_min_hz: Annotated[float, Field(ge=0)] = 0.0
    f_max_hz: Annotated[float, Field(gt=0)] | None = None  # null: half the sample rate

    def __post_init__(self) -> None:
        spectrum.check_mel(self.sample_rate_hz, self.n_fft, self.n_mels, self.f_min_hz, self.f_max_hz)


@section
class LinearParams(Params):
    """`options:` of those with the bins of the Fourier transform."""

    window: spectrum.Window = "hann"
    max_bins: Annotated[int, Field(ge=1)] | None = None  # keep so many of the lowest bins; null: all, 1 + n_fft / 2

    def __post_init__(self) -> None:
        if self.max_bins and self.max_bins > 1 + self.n_fft // 2:
            raise ValueError(f"max_bins = {self.max_bins}, but n_fft = {self.n_fft} gives {1 + self.n_fft // 2} bins")


def encode(
    power: Float[np.ndarray, "n_frames n_bins"], top_db: float, dtype: Dtype
) -> UInt8[np.ndarray, "n_frames n_bins"] | Float16[np.ndarray, "n_frames n_bins"]:
    """`power` in dB below its loudest point, as stored: uint8 in 0 … 255, or float16 in -top_db … 0.

    uint8 is off by at most top_db / 510 dB, float16 by at most top_db / 2048. A clip of nothing but zeros is all floor.
    """
    db = librosa.power_to_db(power, top_db=None)
    peak_db = db.max() if power.any() else np.float32(np.inf)
    if dtype == "float16":
        return np.maximum(db - peak_db, np.float32(-top_db), out=db).astype(np.float16)
    scale = np.float32(255 / top_db)
    db *= scale
    db += np.float32(255.5) - peak_db * scale  # the half makes the cast, which cuts, round
    return np.maximum(db, 0, out=db).astype(np.uint8)


def meta(top_db: float, dtype: Dtype) -> dict[str, Any]:
    """How a stored number becomes dB: `stored * scale + offset`. `floor` is the softest value that is stored."""
    scale, offset = (top_db / 255, -top_db) if dtype == "uint8" else (1.0, 0.0)
    return {"unit": "dB", "db_per_unit": 1.0, "top_db": top_db, "scale": scale, "offset": offset, "floor": -top_db}
