"""Log-magnitude short-time Fourier transforms, in dB below the clip's loudest point."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dalsegno.pipeline.params import section
from dalsegno.sound import audio, decibels, spectrum
from dalsegno.sound.replay import Replay


@section
class Params(decibels.LinearParams):
    """`options:` of a `kind: stft` entry."""


def blocks(path: Path, p: Params) -> Iterator[decibels.Stored]:
    """The clip's spectrogram as stored (n_frames, n_bins), in blocks. Raises UserError as audio.recording does."""
    samples = audio.recording(path, p.sample_rate_hz, p.peak_normalise)

    def powers() -> Iterator[decibels.Power]:
        for transform in spectrum.transforms(samples, p.n_fft, p.hop_length, p.window):
            yield spectrum.power(transform[:, : p.max_bins])

    return decibels.encoded(Replay(powers), p.top_db, p.dtype)


def meta(p: Params) -> dict[str, Any]:
    """The entries of meta.json for a store of this kind."""
    return p.meta("stft")
