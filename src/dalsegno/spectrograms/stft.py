"""Log-magnitude short-time Fourier transforms, in dB below the clip's loudest point."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float16, UInt8

from dalsegno.pipeline.params import section
from dalsegno.sound import audio, decibels, spectrum


@section
class Params(decibels.LinearParams):
    """`options:` of a `kind: stft` entry."""


def frames(path: Path, p: Params) -> UInt8[np.ndarray, "n_frames n_bins"] | Float16[np.ndarray, "n_frames n_bins"]:
    """The clip's spectrogram as stored. Raises UserError as audio.load does."""
    y = audio.load(path, p.sample_rate_hz, p.peak_normalise)
    blocks = spectrum.powers(spectrum.transforms(y, p.n_fft, p.hop_length, p.window))
    power = np.concatenate([block[:, : p.max_bins] for block in blocks])
    return decibels.encode(power, p.top_db, p.dtype)


def meta(p: Params) -> dict[str, Any]:
    """The entries of meta.json for a store of this kind."""
    return p.meta("stft")
