"""A block of neighbouring frames of a clip, and the spectra that features of single frames share."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import tee
from typing import Annotated

import numpy as np
from jaxtyping import Float, Float32
from pydantic import Field

from dalsegno.pipeline.params import section
from dalsegno.sound import spectrum
from dalsegno.sound.audio import Samples
from dalsegno.sound.framing import Framing

N_FRAMES = 2048  # per block: those of 47 s at 22,050 Hz and 512 samples per hop
OverTime = Float[np.ndarray, "n_frames n_values"]


@section
class Settings(Framing):
    """What the values of features depend on."""

    n_mels: Annotated[int, Field(ge=1)] = 128
    n_mfcc: Annotated[int, Field(ge=1)] = 20
    n_bands: Annotated[int, Field(ge=1)] = 16  # of `stft`, equally wide on the mel scale


class Block:
    """At most N_FRAMES frames. Each quantity is computed once, when the first feature asks for it."""

    def __init__(
        self,
        start: int,
        framed: Float32[np.ndarray, "n_frames n_fft"],
        edged: Float32[np.ndarray, "n_frames n_fft"],
        p: Settings,
    ) -> None:
        self.start, self.p = start, p  # `start`: the number of the first frame
        self.framed, self.edged = framed, edged  # padded with zeros, and with the first and the last sample
        self.hz = spectrum.frequencies_hz(p.sample_rate_hz, p.n_fft)

    @property
    def nbytes(self) -> int:
        """Memory of both spectra, in bytes."""
        return 2 * 4 * len(self.framed) * len(self.hz)

    @cached_property
    def power(self) -> Float32[np.ndarray, "n_frames n_bins"]:
        """Power spectrum, computed in double precision for the valleys of `contrast`."""
        weights = spectrum.window("hann", self.p.n_fft, precision=np.float64)
        parts = (self.framed[i : i + spectrum.BLOCK] for i in range(0, len(self.framed), spectrum.BLOCK))
        return np.concatenate([spectrum.power(spectrum.transform(part, weights)) for part in parts])

    @cached_property
    def magnitude(self) -> Float32[np.ndarray, "n_frames n_bins"]:
        """Magnitude spectrum."""
        return np.sqrt(self.power)

    @cached_property
    def total(self) -> Float32[np.ndarray, " n_frames"]:
        """Sum of the magnitudes; 1 where there is silence, to divide by."""
        total = self.magnitude.sum(axis=1)
        return np.where(total < np.finfo(np.float32).tiny, np.float32(1), total)

    @cached_property
    def centroid_hz(self) -> Float32[np.ndarray, " n_frames"]:
        """Centre of gravity of the magnitude spectrum in Hz; 0 where there is silence."""
        return self.magnitude @ self.hz / self.total


def blocks(samples: Iterable[Samples], p: Settings) -> Iterator[Block]:
    """The frames of a recording, 1 + n_samples // hop_length of them."""
    kinds = zip(tee(samples), ("constant", "edge"), strict=True)
    framings = [spectrum.frames(x, p.n_fft, p.hop_length, pad, N_FRAMES) for x, pad in kinds]
    for i, (framed, edged) in enumerate(zip(*framings, strict=True)):
        yield Block(i * N_FRAMES, framed, edged, p)
