"""Power as stored decibels: [-top_db, 0] relative to the clip's loudest point or to full scale, in a byte or half a float."""

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from typing import Annotated, Any, Literal

import numpy as np
from jaxtyping import Float16, Float32, UInt8
from pydantic import Field

from dalsegno.pipeline.params import section
from dalsegno.sound import spectrum
from dalsegno.sound.framing import Bands, Framing
from dalsegno.sound.replay import Replay

Dtype = Literal["uint8", "float16"]
WinLength = Annotated[int, Field(ge=2)] | None  # samples of a frame that the window weighs; null: n_fft, all of them
Power = Float32[np.ndarray, "n_frames n_bins *n_channels"]
Stored = UInt8[np.ndarray, "n_frames n_bins *n_channels"] | Float16[np.ndarray, "n_frames n_bins *n_channels"]


@section
class Params(Framing):
    """`options:` that all kinds of spectrogram of sound share."""

    top_db: Annotated[float, Field(ge=1, le=200)] = 80.0  # what is softer than this below the loudest point is floor
    dtype: Dtype = "uint8"
    # what 0 dB is: the clip's loudest point, or as loud as a sine of amplitude 1 can be
    reference: Literal["clip", "full_scale"] = "clip"

    def meta(self, kind: str) -> dict[str, Any]:
        """The entries that meta.json has for a store with these options; `kind` is the name of the file in spectrograms/."""
        rates = {"sample_rate_hz": self.sample_rate_hz, "hop_length": self.hop_length, "n_fft": self.n_fft}
        unit = meta(self.top_db, self.dtype)
        frame_rate_hz = self.sample_rate_hz / self.hop_length
        return {"kind": kind, **rates, **unit, "reference": self.reference, "frame_rate_hz": frame_rate_hz}

    def loudest_db(self, powers: Iterable[Power], full_scale: Sequence[float]) -> Float32[np.ndarray, " n_channels"]:
        """What 0 dB is in each channel: the loudest point of the clip's blocks, or the power `full_scale` of a sine."""
        return peak_db(powers) if self.reference == "clip" else spectrum.decibels(np.array(full_scale, np.float32))


@section
class MelParams(Params):
    """`options:` of those with mel bands."""

    n_mels: Bands = 128
    f_min_hz: Annotated[float, Field(ge=0)] = 0.0
    f_max_hz: Annotated[float, Field(gt=0)] | None = None  # null: half the sample rate

    def __post_init__(self) -> None:
        super().__post_init__()
        spectrum.check_mel(self.sample_rate_hz, self.n_fft, self.n_mels, self.f_min_hz, self.f_max_hz)

    def mel(self, power: Float32[np.ndarray, "n_frames n_bins"]) -> Float32[np.ndarray, "n_frames n_mels"]:
        """The mel spectrum of a power spectrum."""
        return spectrum.mel(power, self.sample_rate_hz, self.n_mels, self.f_min_hz, self.f_max_hz)

    def loudest_mel(self, weights: spectrum.Weights) -> float:
        """What no sine of amplitude 1, seen through the window `weights`, exceeds in a mel band."""
        greatest = spectrum.greatest_mel_weight(
            self.sample_rate_hz, self.n_fft, self.n_mels, self.f_min_hz, self.f_max_hz
        )
        return spectrum.full_scale_energy(weights) * greatest


@section
class LinearParams(Params):
    """`options:` of those with the bins of the Fourier transform."""

    window: spectrum.Window = "hann"
    win_length: WinLength = None
    max_bins: Annotated[int, Field(ge=1)] | None = None  # keep so many of the lowest bins; null: all, 1 + n_fft / 2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_window(self.win_length, self.hop_length, self.n_fft)
        if self.max_bins and self.max_bins > 1 + self.n_fft // 2:
            raise ValueError(f"max_bins = {self.max_bins}, but n_fft = {self.n_fft} gives {1 + self.n_fft // 2} bins")

    @property
    def weights(self) -> spectrum.Weights:
        """The window."""
        return spectrum.window(self.window, self.n_fft, self.win_length)


def check_window(win_length: int | None, hop_length: int, n_fft: int) -> None:
    """Raise ValueError if the window is longer than the frame, or leaves out sound between two of them."""
    if win_length is not None and not hop_length <= win_length <= n_fft:
        raise ValueError(
            f"win_length = {win_length} must be from hop_length = {hop_length}, or sound would be left out, to n_fft = {n_fft}"
        )


def peak_db(powers: Iterable[Power]) -> Float32[np.ndarray, " n_channels"]:
    """The loudest point of a clip's blocks in dB, of each channel if they have several; infinity if all are zero."""
    peak = np.atleast_1d(reduce(np.maximum, (block.max(axis=(0, 1)) for block in powers)))
    return np.where(peak > 0, spectrum.decibels(peak), np.float32(np.inf))


def encode(power: Power, peak_db: Float32[np.ndarray, " n_channels"], top_db: float, dtype: Dtype) -> Stored:
    """`power` in dB below `peak_db`, as stored: uint8 in 0 … 255, or float16 in -top_db … 0; what is louder is 0 dB.

    uint8 is off by at most top_db / 510 dB, float16 by at most top_db / 2048. A clip of nothing but zeros is all floor.
    """
    db = spectrum.decibels(power)
    if dtype == "float16":
        return np.clip(db - peak_db, np.float32(-top_db), np.float32(0), out=db).astype(np.float16)
    scale = np.float32(255 / top_db)
    db *= scale
    db += np.float32(255.5) - peak_db * scale  # the half makes the cast, which cuts, round
    return np.clip(db, 0, 255.5, out=db).astype(np.uint8)


def encoded(powers: Replay[Power], p: Params, full_scale: Sequence[float]) -> Iterator[Stored]:
    """The blocks of a clip as stored; where 0 dB is its loudest point, that is sought before the first is encoded.

    full_scale: the greatest power that a sine of amplitude 1 has in each channel.
    """
    loudest = p.loudest_db(powers, full_scale)
    return (encode(block, loudest, p.top_db, p.dtype) for block in powers)


def meta(top_db: float, dtype: Dtype) -> dict[str, Any]:
    """How a stored number becomes dB: `stored * scale + offset`. `floor` is the softest value that is stored."""
    scale, offset = (top_db / 255, -top_db) if dtype == "uint8" else (1.0, 0.0)
    return {"unit": "dB", "db_per_unit": 1.0, "top_db": top_db, "scale": scale, "offset": offset, "floor": -top_db}
