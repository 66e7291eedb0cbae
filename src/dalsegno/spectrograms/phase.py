"""Short-time Fourier transforms whole: channel 0 is the magnitude in dB, as in `stft`; channel 1 the phase in radians."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Complex64, Float32

from dalsegno.pipeline.params import section
from dalsegno.sound import cleaning, decibels, spectrum
from dalsegno.sound.replay import Replay

STEP = 2 * math.pi / 256  # a byte holds a full turn


@section
class Params(decibels.LinearParams):
    """`options:` of a `kind: phase` entry."""


def blocks(path: Path, p: Params) -> Iterator[decibels.Stored]:
    """Magnitude and phase as stored (n_frames, n_bins, 2), in blocks. Where the magnitude is floor, the phase is 0.

    Raises UserError as audio.recording does.
    """
    samples, weights = cleaning.recording(path, p), p.weights
    transforms = Replay(
        lambda: (block[:, : p.max_bins] for block in spectrum.transforms(samples, weights, p.hop_length))
    )
    loudest_db = p.loudest_db(map(spectrum.power, transforms), [spectrum.full_scale(weights)])
    return (_stored(block, loudest_db, p) for block in transforms)


def meta(p: Params) -> dict[str, Any]:
    """The entries of meta.json for a store of this kind: scale, offset, unit and floor of either channel."""
    db = p.meta("phase")
    scale, offset = (STEP, -math.pi) if p.dtype == "uint8" else (1.0, 0.0)
    of_phase = {"unit": "radians", "db_per_unit": None, "scale": scale, "offset": offset, "floor": 0.0}
    return db | {name: [db[name], value] for name, value in of_phase.items()}


def _stored(
    transform: Complex64[np.ndarray, "n_frames n_bins"], loudest_db: Float32[np.ndarray, " 1"], p: Params
) -> decibels.Stored:
    """A block of the transform of a clip, as stored; 0 dB is `loudest_db`."""
    magnitude = decibels.encode(spectrum.power(transform), loudest_db, p.top_db, p.dtype)
    phase = np.where(magnitude > (0 if p.dtype == "uint8" else -p.top_db), np.angle(transform), 0.0)
    if p.dtype == "uint8":
        phase = np.round(phase / STEP).astype(np.int16) + 128  # pi becomes 256, which the cast below makes -pi
    return np.stack([magnitude, phase.astype(p.dtype)], axis=2)
