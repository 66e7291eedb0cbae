"""Log-mel spectrograms, in dB below the clip's loudest point or full scale."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dalsegno.pipeline.params import section
from dalsegno.sound import cleaning, decibels, on_device, spectrum
from dalsegno.sound.replay import Replay


@section
class Params(decibels.MelParams):
    """`options:` of a `kind: logmel` entry."""

    win_length: decibels.WinLength = None

    def __post_init__(self) -> None:
        super().__post_init__()
        decibels.check_window(self.win_length, self.hop_length, self.n_fft)


def analysis(p: Params) -> on_device.Analysis:
    """The same on a GPU."""
    weights = spectrum.window("hann", p.n_fft, p.win_length)
    filters = spectrum.mel_filters(p.sample_rate_hz, p.n_fft, p.n_mels, p.f_min_hz, p.f_max_hz)
    return on_device.Analysis(weights, len(filters), filters, p.loudest_mel(weights))


def blocks(path: Path, p: Params) -> Iterator[decibels.Stored]:
    """The clip's spectrogram as stored (n_frames, n_mels), in blocks. Raises UserError as audio.recording does."""
    samples, weights = cleaning.recording(path, p), spectrum.window("hann", p.n_fft, p.win_length)

    def mels() -> Iterator[decibels.Power]:
        for transform in spectrum.transforms(samples, weights, p.hop_length):
            yield p.mel(spectrum.power(transform))

    return decibels.encoded(Replay(mels), p, [p.loudest_mel(weights)])


def meta(p: Params) -> dict[str, Any]:
    """The entries of meta.json for a store of this kind."""
    return p.meta("logmel")
