"""Log-mel spectrograms, in dB below the clip's loudest point."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float16, UInt8

from dalsegno.pipeline.params import section
from dalsegno.sound import audio, decibels, spectrum


@section
class Params(decibels.MelParams):
    """`options:` of a `kind: logmel` entry."""


def frames(path: Path, p: Params) -> UInt8[np.ndarray, "n_frames n_mels"] | Float16[np.ndarray, "n_frames n_mels"]:
    """The clip's spectrogram as stored. Raises UserError as audio.load does."""
    y = audio.load(path, p.sample_rate_hz, p.peak_normalise)
    mels = [
        spectrum.mel(block, p.sample_rate_hz, p.n_mels, p.f_min_hz, p.f_max_hz)
        for block in spectrum.powers(spectrum.transforms(y, p.n_fft, p.hop_length))
    ]
    return decibels.encode(np.concatenate(mels), p.top_db, p.dtype)


def meta(p: Params) -> dict[str, Any]:
    """The entries of meta.json for a store of this kind."""
    return p.meta("logmel")
