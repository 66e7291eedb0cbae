"""The waveform itself, average-pooled: one bin, `frame_rate_hz` values per second."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from jaxtyping import Float16
from pydantic import Field

from dalsegno.pipeline.params import section
from dalsegno.sound import audio, spectrum
from dalsegno.sound.framing import Rate


@section
class Params:
    """`options:` of a `kind: waveform` entry."""

    sample_rate_hz: Rate = 16000
    peak_normalise: bool = False
    pool: Annotated[int, Field(ge=1, le=100_000)] = 25  # samples averaged into one
    first_s: Annotated[float, Field(gt=0)] | None = None  # read the first so many seconds of a clip; null: all of it


def blocks(path: Path, p: Params) -> Iterator[Float16[np.ndarray, "n_values 1"]]:
    """Means of `pool` samples each, -1 … 1, in blocks; a shorter rest is left out. Raises UserError as audio.recording does.

    A clip shorter than `pool` is filled up with zeros.
    """
    samples = audio.recording(path, p.sample_rate_hz, p.peak_normalise)
    if p.first_s is not None:
        samples = audio.part(samples, 0, round(p.first_s * p.sample_rate_hz))
    for pools in spectrum.frames(samples, p.pool, p.pool, pad=None, n=max(1, audio.BLOCK // p.pool)):
        yield pools.mean(axis=1).clip(-1, 1).astype(np.float16)[:, None]


def meta(p: Params) -> dict[str, Any]:
    """The entries of meta.json for a store of this kind."""
    rates = {"sample_rate_hz": p.sample_rate_hz, "hop_length": p.pool, "frame_rate_hz": p.sample_rate_hz / p.pool}
    return {
        "kind": "waveform",
        **rates,
        "unit": "full scale",
        "db_per_unit": None,
        "scale": 1.0,
        "offset": 0.0,
        "floor": 0.0,
    }
