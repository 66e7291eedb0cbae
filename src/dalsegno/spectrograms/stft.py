"""Log-magnitude short-time Fourier transforms, in dB below the clip's loudest point."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from dalsegno import audio, decibels, spectrum
from dalsegno.params import section


@section
class Params:
    """`options:` of a `kind: stft` entry."""

    sample_rate_hz: Annotated[int, Field(ge=1000)] = 22050
    peak_normalise: bool = False
    n_fft: Annotated[int, Field(ge=16, multiple_of=2)] = 2048
    hop_length: Annotated[int, Field(ge=1)] = 512
    window: spectrum.Window = "hann"
    max_bins: Annotated[int, Field(ge=1)] | None = None  # keep so many of the lowest bins; null: all, 1 + n_fft / 2
    top_db: Annotated[float, Field(gt=0, le=200)] = 80.0  # what is softer than this below the loudest point is floor
    dtype: decibels.Dtype = "uint8"

    def __post_init__(self) -> None:
        if self.max_bins and self.max_bins > 1 + self.n_fft // 2:
            raise ValueError(f"max_bins = {self.max_bins}, but n_fft = {self.n_fft} gives {1 + self.n_fft // 2} bins")


def frames(path: Path, p: Params) -> np.ndarray:
    """The clip's spectrogram as stored [shape=(n_frames, bins)]."""
    y = audio.load(path, p.sample_rate_hz, p.peak_normalise)
    blocks = spectrum.powers(y, p.n_fft, p.hop_length, p.window)
    power = np.concatenate([block[:, : p.max_bins] for block in blocks])
    return decibels.encode(power, p.top_db, p.dtype)


def meta(p: Params) -> dict[str, Any]:
    """What meta.json says of a store of this kind."""
    rates = {"sample_rate_hz": p.sample_rate_hz, "hop_length": p.hop_length, "n_fft": p.n_fft}
    return {
        "kind": "stft",
        **rates,
        **decibels.meta(p.top_db, p.dtype),
        "frame_rate_hz": p.sample_rate_hz / p.hop_length,
    }
