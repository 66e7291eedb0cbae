"""Log-mel spectrograms, in dB below the clip's loudest point."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from dalsegno import audio, decibels, spectrum
from dalsegno.params import section


@section
class Params:
    """`options:` of a `kind: logmel` entry."""

    sample_rate_hz: Annotated[int, Field(ge=1000)] = 22050
    peak_normalise: bool = False
    n_fft: Annotated[int, Field(ge=16, multiple_of=2)] = 2048
    hop_length: Annotated[int, Field(ge=1)] = 512
    n_mels: Annotated[int, Field(ge=1)] = 128
    f_min_hz: Annotated[float, Field(ge=0)] = 0.0
    f_max_hz: Annotated[float, Field(gt=0)] | None = None  # null: half the sample rate
    top_db: Annotated[float, Field(gt=0, le=200)] = 80.0  # what is softer than this below the loudest point is floor
    dtype: decibels.Dtype = "uint8"

    def __post_init__(self) -> None:
        spectrum.check_mel(self.sample_rate_hz, self.n_fft, self.n_mels, self.f_min_hz, self.f_max_hz)


def frames(path: Path, p: Params) -> np.ndarray:
    """The clip's spectrogram as stored [shape=(n_frames, n_mels)]."""
    y = audio.load(path, p.sample_rate_hz, p.peak_normalise)
    mels = [
        spectrum.mel(block, p.sample_rate_hz, p.n_mels, p.f_min_hz, p.f_max_hz)
        for block in spectrum.powers(y, p.n_fft, p.hop_length)
    ]
    return decibels.encode(np.concatenate(mels), p.top_db, p.dtype)


def meta(p: Params) -> dict[str, Any]:
    """What meta.json says of a store of this kind."""
    rates = {"sample_rate_hz": p.sample_rate_hz, "hop_length": p.hop_length, "n_fft": p.n_fft}
    return {
        "kind": "logmel",
        **rates,
        **decibels.meta(p.top_db, p.dtype),
        "frame_rate_hz": p.sample_rate_hz / p.hop_length,
    }
