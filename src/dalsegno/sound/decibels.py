"""Power as stored decibels: [-top_db, 0] relative to the clip's loudest point, in a byte or a half-precision float."""

from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Annotated, Any, Literal

import librosa
import numpy as np
from jaxtyping import Float16, Float32, UInt8
from pydantic import Field

from dalsegno.pipeline.params import section
from dalsegno.sound import spectrum
from dalsegno.sound.framing import Framing
from dalsegno.sound.replay import Replay

Dtype = Literal["uint8", "float16"]
Power = Float32[np.ndarray, "n_frames n_bins *n_channels"]
Stored = UInt8[np.ndarray, "n_frames n_bins *n_channels"] | Float16[np.ndarray, "n_frames n_bins *n_channels"]


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
        super().__post_init__()
        spectrum.check_mel(self.sample_rate_hz, self.n_fft, self.n_mels, self.f_min_hz, self.f_max_hz)


@section
class LinearParams(Params):
    """`options:` of those with the bins of the Fourier transform."""

    window: spectrum.Window = "hann"
    max_bins: Annotated[int, Field(ge=1)] | None = None  # keep so many of the lowest bins; null: all, 1 + n_fft / 2

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_bins and self.max_bins > 1 + self.n_fft // 2:
            raise ValueError(f"max_bins = {self.max_bins}, but n_fft = {self.n_fft} gives {1 + self.n_fft // 2} bins")


def peak_db(powers: Iterable[Power]) -> Float32[np.ndarray, " n_channels"]:
    """The loudest point of a clip's blocks in dB, of each channel if they have several; infinity if all are zero."""
    peak = np.atleast_1d(reduce(np.maximum, (block.max(axis=(0, 1)) for block in powers)))
    return np.where(peak > 0, librosa.power_to_db(peak, top_db=None), np.float32(np.inf))


def encode(power: Power, peak_db: Float32[np.ndarray, " n_channels"], top_db: float, dtype: Dtype) -> Stored:
    """`power` in dB below `peak_db`, as stored: uint8 in 0 … 255, or float16 in -top_db … 0.

    uint8 is off by at most top_db / 510 dB, float16 by at most top_db / 2048. A clip of nothing but zeros is all floor.
    """
    db = librosa.power_to_db(power, top_db=None)
    if dtype == "float16":
        return np.maximum(db - peak_db, np.float32(-top_db), out=db).astype(np.float16)
    scale = np.float32(255 / top_db)
    db *= scale
    db += np.float32(255.5) - peak_db * scale  # the half makes the cast, which cuts, round
    return np.maximum(db, 0, out=db).astype(np.uint8)


def encoded(powers: Replay[Power], top_db: float, dtype: Dtype) -> Iterator[Stored]:
    """The blocks of a clip as stored, below its own loudest point; that is sought before the first is encoded."""
    peak = peak_db(powers)
    return (encode(block, peak, top_db, dtype) for block in powers)


def meta(top_db: float, dtype: Dtype) -> dict[str, Any]:
    """How a stored number becomes dB: `stored * scale + offset`. `floor` is the softest value that is stored."""
    scale, offset = (top_db / 255, -top_db) if dtype == "uint8" else (1.0, 0.0)
    return {"unit": "dB", "db_per_unit": 1.0, "top_db": top_db, "scale": scale, "offset": offset, "floor": -top_db}
