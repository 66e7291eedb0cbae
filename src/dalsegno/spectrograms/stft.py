"""Log-magnitude short-time Fourier transforms, in dB below the clip's loudest point."""

from pathlib import Path
from typing import Any

import numpy as np

from dalsegno.pipeline.params import section
from dalsegno.sound import audio, decibels, spectrum


@section
class Params(decibels.LinearParams):
    """`options:` of a `kind: stft` entry."""


def frames(path: Path, p: Params) -> np.ndarray:
    """The clip's spectrogram as stored [shape=(n_frames, bins)]."""
    y = audio.load(path, p.sample_rate_hz, p.peak_normalise)
    blocks = spectrum.powers(spectrum.transforms(y, p.n_fft, p.hop_length, p.window))
    power = np.concatenate([block[:, : p.max_bins] for block in blocks])
    return decibels.encode(power, p.top_db, p.dtype)


def meta(p: Params) -> dict[str, Any]:
    """What meta.json says of a store of this kind."""
    return p.meta("stft")
