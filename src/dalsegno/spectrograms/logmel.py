"""Log-mel spectrograms, in dB below the clip's loudest point."""

from pathlib import Path
from typing import Any

import numpy as np

from dalsegno.pipeline.params import section
from dalsegno.sound import audio, decibels, spectrum


@section
class Params(decibels.MelParams):
    """`options:` of a `kind: logmel` entry."""


def frames(path: Path, p: Params) -> np.ndarray:
    """The clip's spectrogram as stored [shape=(n_frames, n_mels)]."""
    y = audio.load(path, p.sample_rate_hz, p.peak_normalise)
    mels = [
        spectrum.mel(block, p.sample_rate_hz, p.n_mels, p.f_min_hz, p.f_max_hz)
        for block in spectrum.powers(spectrum.transforms(y, p.n_fft, p.hop_length))
    ]
    return decibels.encode(np.concatenate(mels), p.top_db, p.dtype)


def meta(p: Params) -> dict[str, Any]:
    """What meta.json says of a store of this kind."""
    return p.meta("logmel")
