"""Log-mel spectrograms of several frequency bands, one channel each: as red, green and blue hold three bands of light.

Every band has `n_mels` bins of its own, so that the low ones are drawn finer than in one spectrogram of all.
"""

from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from dalsegno.pipeline.params import section
from dalsegno.sound import cleaning, decibels, spectrum
from dalsegno.sound.decibels import MelParams
from dalsegno.sound.framing import Bands, FrameLength
from dalsegno.sound.replay import Replay

Hertz = Annotated[float, Field(gt=0)]


@section
class Params(MelParams):
    """`options:` of a `kind: bands` entry."""

    n_fft: FrameLength = 4096
    n_mels: Bands = 32  # of each band
    edges_hz: Annotated[tuple[Hertz, ...], Field(min_length=1)] = (500.0, 2000.0)  # where two bands meet

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            _ = self.bands
        except ValueError as error:
            raise ValueError(f"edges_hz = {list(self.edges_hz)} make a band that cannot be had: {error}") from None

    @property
    def bands(self) -> list[MelParams]:
        """The options of each band's own spectrogram, from low to high."""
        shared: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(MelParams)}
        limits = pairwise((self.f_min_hz, *self.edges_hz, self.f_max_hz))
        each: list[dict[str, Any]] = [shared | {"f_min_hz": low, "f_max_hz": high} for low, high in limits]
        return [MelParams(**options) for options in each]


def blocks(path: Path, p: Params) -> Iterator[decibels.Stored]:
    """The clip's spectrograms as stored (n_frames, n_mels, n_bands), in blocks, low band first.

    With `reference: clip`, each band is below its own loudest point. Raises UserError as audio.recording does.
    """
    samples, weights = cleaning.recording(path, p), spectrum.window("hann", p.n_fft)

    def mels() -> Iterator[decibels.Power]:
        for transform in spectrum.transforms(samples, weights, p.hop_length):
            power = spectrum.power(transform)
            yield np.stack([band.mel(power) for band in p.bands], axis=2)

    return decibels.encoded(Replay(mels), p, [band.loudest_mel(weights) for band in p.bands])


def meta(p: Params) -> dict[str, Any]:
    """The entries of meta.json for a store of this kind."""
    return p.meta("bands") | {"edges_hz": list(p.edges_hz)}
