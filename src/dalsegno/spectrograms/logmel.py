"""Log-mel spectrograms, in dB below the clip's loudest point."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dalsegno.pipeline.params import section
from dalsegno.sound import audio, decibels, spectrum
from dalsegno.sound.replay import Replay


@section
class Params(decibels.MelParams):
    """`options:` of a `kind: logmel` entry."""


def blocks(path: Path, p: Params) -> Iterator[decibels.Stored]:
    """The clip's spectrogram as stored (n_frames, n_mels), in blocks. Raises UserError as audio.recording does."""
    samples = audio.recording(path, p.sample_rate_hz, p.peak_normalise)

    def mels() -> Iterator[decibels.Power]:
        for transform in spectrum.transforms(samples, p.n_fft, p.hop_length):
            yield spectrum.mel(spectrum.power(transform), p.sample_rate_hz, p.n_mels, p.f_min_hz, p.f_max_hz)

    return decibels.encoded(Replay(mels), p.top_db, p.dtype)


def meta(p: Params) -> dict[str, Any]:
    """The entries of meta.json for a store of this kind."""
    return p.meta("logmel")
