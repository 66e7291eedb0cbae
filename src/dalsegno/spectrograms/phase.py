"""Short-time Fourier transforms whole: channel 0 is the magnitude in dB, as in `stft`; channel 1 the phase in radians."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float16, UInt8

from dalsegno.pipeline.params import section
from dalsegno.sound import audio, decibels, spectrum

STEP = 2 * math.pi / 256  # a byte holds a full turn


@section
class Params(decibels.LinearParams):
    """`options:` of a `kind: phase` entry."""


def frames(path: Path, p: Params) -> UInt8[np.ndarray, "n_frames n_bins 2"] | Float16[np.ndarray, "n_frames n_bins 2"]:
    """Magnitude and phase as stored. Where the magnitude is floor, the phase is 0. Raises UserError as audio.load does."""
    y = audio.load(path, p.sample_rate_hz, p.peak_normalise)
    blocks = spectrum.transforms(y, p.n_fft, p.hop_length, p.window)
    transform = np.concatenate([block[:, : p.max_bins] for block in blocks])
    magnitude = decibels.encode(np.square(np.abs(transform)), p.top_db, p.dtype)
    phase = np.where(magnitude > (0 if p.dtype == "uint8" else -p.top_db), np.angle(transform), 0.0)
    if p.dtype == "uint8":
        phase = np.round(phase / STEP).astype(np.int16) + 128  # pi becomes 256, which the cast below makes -pi
    return np.stack([magnitude, phase.astype(p.dtype)], axis=2)


def meta(p: Params) -> dict[str, Any]:
    """The entries of meta.json for a store of this kind: scale, offset, unit and floor of either channel."""
    db = p.meta("phase")
    scale, offset = (STEP, -math.pi) if p.dtype == "uint8" else (1.0, 0.0)
    of_phase = {"unit": "radians", "db_per_unit": None, "scale": scale, "offset": offset, "floor": 0.0}
    return db | {name: [db[name], value] for name, value in of_phase.items()}
