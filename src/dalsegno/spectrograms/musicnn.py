"""Log-mel spectrograms as musicnn hears them (Pons and Serra 2019, arXiv 1909.06654; github.com/jordipons/musicnn).

16 kHz, a Hann window of 32 ms every 16 ms, 96 of librosa's mel bands, log10(10000 × power + 1) of powers in half
precision. The published weights fit no other settings, so there is nothing to set. They were trained on patches of 187
frames, `view.crop_s: 2.992`.

librosa has padded a clip's ends with zeros since 2023, which is what is done here; when the networks were trained it
mirrored them. That concerns the first frame of a clip and the last.
"""

from pathlib import Path
from typing import Any

import numpy as np

from dalsegno.pipeline.params import section
from dalsegno.sound import audio, spectrum

SAMPLE_RATE_HZ, N_FFT, HOP_LENGTH, N_MELS = 16_000, 512, 256, 96
FACTOR = np.float32(10_000)  # in single precision: half ends at 65,504, and a loud sound beyond that


@section
class Params:
    """`options:` of a `kind: musicnn` entry: none."""


def frames(path: Path, p: Params) -> np.ndarray:
    """The clip's spectrogram as stored [shape=(n_frames, 96), float32].

    In 16 bits, which take half the room, rounding moves an embedding by up to 0.002.
    """
    return log_mel(audio.load(path, SAMPLE_RATE_HZ))


def meta(p: Params) -> dict[str, Any]:
    """What meta.json says of a store of this kind."""
    rates = {"sample_rate_hz": SAMPLE_RATE_HZ, "hop_length": HOP_LENGTH, "n_fft": N_FFT}
    unit = {"unit": "log10(10000 power + 1)", "scale": 1.0, "offset": 0.0, "floor": 0.0}
    return {"kind": "musicnn", **rates, **unit, "frame_rate_hz": SAMPLE_RATE_HZ / HOP_LENGTH}


def log_mel(y: np.ndarray) -> np.ndarray:
    """Log-mel spectrum [shape=(1 + n_samples // 256, 96), float32, 0 to 8.8] of samples at 16 kHz, silence being 0."""
    blocks = spectrum.powers(spectrum.transforms(y, N_FFT, HOP_LENGTH))
    mels = np.concatenate([spectrum.mel(block, SAMPLE_RATE_HZ, N_MELS) for block in blocks])
    power = mels.clip(max=np.finfo(np.float16).max).astype(np.float16).astype(np.float32)
    return np.log10(FACTOR * power + 1)
