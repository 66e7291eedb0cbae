"""Log-mel spectrograms with windows of several lengths, one channel each: short ones place onsets, long ones tell pitches.

Palanisamy, Singhania and Yao (2020), "Rethinking CNN models for audio classification", arXiv 2007.11154, §3.1: windows
of 25, 50 and 100 ms over one length of transform. Theirs step by a hop of their own each and are then scaled to one
size; here they share the hop, so that frames lie over each other without that.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from dalsegno.pipeline.params import section
from dalsegno.sound import cleaning, decibels, spectrum
from dalsegno.sound.framing import FrameLength
from dalsegno.sound.replay import Replay

Milliseconds = Annotated[float, Field(gt=0)]


@section
class Params(decibels.MelParams):
    """`options:` of a `kind: windows` entry."""

    n_fft: FrameLength = 4096  # of every window: the longest must fit in
    windows_ms: Annotated[tuple[Milliseconds, ...], Field(min_length=2)] = (25.0, 50.0, 100.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.n_samples) < 2 or max(self.n_samples) > self.n_fft:
            raise ValueError(
                f"windows_ms = {list(self.windows_ms)} are {list(self.n_samples)} samples at {self.sample_rate_hz} Hz; "
                f"each must be 2 to n_fft = {self.n_fft}: raise n_fft, or change the windows"
            )

    @property
    def n_samples(self) -> tuple[int, ...]:
        """Length of each window at `sample_rate_hz`."""
        return tuple(round(ms * self.sample_rate_hz / 1000) for ms in self.windows_ms)


def blocks(path: Path, p: Params) -> Iterator[decibels.Stored]:
    """The clip's spectrograms as stored (n_frames, n_mels, n_windows), in blocks, each below its own loudest point.

    Raises UserError as audio.recording does.
    """
    samples = cleaning.recording(path, p)
    windows = [spectrum.window("hann", p.n_fft, n) for n in p.n_samples]

    def mels() -> Iterator[decibels.Power]:
        for framed in spectrum.frames(samples, p.n_fft, p.hop_length):
            powers = (spectrum.power(spectrum.transform(framed, weights)) for weights in windows)
            yield np.stack([p.mel(x) for x in powers], axis=2)

    return decibels.encoded(Replay(mels), p, [p.loudest_mel(weights) for weights in windows])


def meta(p: Params) -> dict[str, Any]:
    """The entries of meta.json for a store of this kind."""
    return p.meta("windows") | {"windows_ms": list(p.windows_ms)}
