"""Log-magnitude short-time Fourier transforms, in dB below the clip's loudest point or full scale."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dalsegno.pipeline.params import section
from dalsegno.sound import cleaning, decibels, on_device, spectrum
from dalsegno.sound.replay import Replay


@section
class Params(decibels.LinearParams):
    """`options:` of a `kind: stft` entry."""


def analysis(p: Params) -> on_device.Analysis:
    """The same on a GPU."""
    return on_device.Analysis(p.weights, p.max_bins or 1 + p.n_fft // 2, None, spectrum.full_scale(p.weights))


def blocks(path: Path, p: Params) -> Iterator[decibels.Stored]:
    """The clip's spectrogram as stored (n_frames, n_bins), in blocks. Raises UserError as audio.recording does."""
    samples, weights = cleaning.recording(path, p), p.weights

    def powers() -> Iterator[decibels.Power]:
        for transform in spectrum.transforms(samples, weights, p.hop_length):
            yield spectrum.power(transform[:, : p.max_bins])

    return decibels.encoded(Replay(powers), p, [spectrum.full_scale(weights)])


def meta(p: Params) -> dict[str, Any]:
    """The entries of meta.json for a store of this kind."""
    return p.meta("stft")
