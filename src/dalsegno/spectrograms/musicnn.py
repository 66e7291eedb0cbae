"""Log-mel spectrograms as musicnn hears them (Pons and Serra 2019, arXiv 1909.06654; github.com/jordipons/musicnn).

16 kHz, a Hann window of 32 ms every 16 ms, 96 of librosa's mel bands, log10(10000 × power + 1) of powers in half
precision. The published weights fit no other settings, so there is nothing to set. They were trained on patches of 187
frames, `view.crop_s: 2.992`.

librosa has padded a clip's ends with zeros since 2023, which is what is done here; when the networks were trained it
mirrored them. That concerns the first frame of a clip and the last.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from dalsegno.pipeline.params import section
from dalsegno.sound import audio, spectrum

SAMPLE_RATE_HZ, N_FFT, HOP_LENGTH, N_MELS = 16_000, 512, 256, 96
FACTOR = np.float32(10_000)  # in single precision: half ends at 65,504, and a loud sound beyond that


@section
class Params:
    """`options:` of a `kind: musicnn` entry: none."""


def blocks(path: Path, p: Params) -> Iterator[Float32[np.ndarray, "n_frames 96"]]:
    """The clip's spectrogram as stored, in blocks; in 16 bits, half the room, rounding would move an embedding by up to 0.002.

    Raises UserError as audio.recording does.
    """
    return log_mel(audio.recording(path, SAMPLE_RATE_HZ))


def meta(p: Params) -> dict[str, Any]:
    """The entries of meta.json for a store of this kind."""
    rates = {"sample_rate_hz": SAMPLE_RATE_HZ, "hop_length": HOP_LENGTH, "n_fft": N_FFT}
    unit = {"unit": "log10(10000 power + 1)", "db_per_unit": 10.0}  # where the power is well above 1 / 10000
    return {
        "kind": "musicnn",
        **rates,
        **unit,
        "scale": 1.0,
        "offset": 0.0,
        "floor": 0.0,
        "frame_rate_hz": SAMPLE_RATE_HZ / HOP_LENGTH,
    }


def log_mel(samples: Iterable[audio.Samples]) -> Iterator[Float32[np.ndarray, "n_frames 96"]]:
    """Log-mel spectrum of samples at 16 kHz: 1 + n_samples // 256 frames, values from 0 (silence) to 8.8."""
    for transform in spectrum.transforms(samples, spectrum.window("hann", N_FFT), HOP_LENGTH):
        mels = spectrum.mel(spectrum.power(transform), SAMPLE_RATE_HZ, N_MELS)
        power = mels.clip(max=np.finfo(np.float16).max).astype(np.float16).astype(np.float32)
        yield np.log10(FACTOR * power + 1)
