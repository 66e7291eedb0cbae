"""Log-mel spectrograms and Fourier transforms by PyTorch, on a GPU: thousands of frames at a time, stored as on the CPU.

Samples are decoded on the CPU and sent in spans; on the device they are cut into frames, transformed, brought to dB and
rounded, so that only what is stored comes back. A span has a fixed number of frames, and of a recording no more than
`replay.KEPT_BYTES` of spectra are kept, so that memory grows with neither its length nor the number of files.

Before rounding, the numbers are those of `spectrum` and `decibels` to 1e-3 dB in the median and 0.05 dB at most.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from dalsegno.sound import decibels, spectrum
from dalsegno.sound.audio import Samples
from dalsegno.sound.replay import Replay

if TYPE_CHECKING:
    import torch
    from torch import Tensor

FRAMES = 4096  # transformed together: 64 MB of spectra at n_fft = 2048
LEAST_POWER = 1e-10  # as in librosa.power_to_db: what is softer counts as so loud


@dataclass(frozen=True)
class Analysis:
    """What becomes of the power of a frame: `n_bins` of its lowest bins, or mel bands.

    filters: (n_bins, n_mels), or None for the bins themselves. full_scale: the greatest power of a sine of amplitude 1.
    """

    weights: spectrum.Weights
    n_bins: int
    filters: Float[np.ndarray, "n_bins n_mels"] | None
    full_scale: float


@runtime_checkable
class Analysed(Protocol):
    """A kind of spectrogram whose `analysis` this module can carry out in place of its `blocks`."""

    def analysis(self, p: Any) -> Analysis:
        """The analysis that `p`, its options, ask for."""
        ...


def levels(samples: Iterable[Samples], p: decibels.Params, a: Analysis, device: "torch.device") -> Iterator["Tensor"]:
    """The spectrum of a recording in dB (n_frames, n_bins or n_mels), on `device`, FRAMES frames at a time."""
    import torch  # takes seconds, and on a CPU alone it is not needed

    weights = torch.from_numpy(a.weights).to(device)
    filters = None if a.filters is None else torch.from_numpy(np.ascontiguousarray(a.filters)).to(device)
    for span in spectrum.spans(samples, p.n_fft, p.hop_length, n=FRAMES):
        framed = torch.from_numpy(span).to(device).unfold(0, p.n_fft, p.hop_length)
        power = torch.fft.rfft(framed * weights)[:, : a.n_bins].abs().square()
        power = power if filters is None else power @ filters
        yield 10 * power.clamp_min(LEAST_POWER).log10()


def blocks(
    samples: Iterable[Samples], p: decibels.Params, a: Analysis, device: "torch.device"
) -> Iterator[decibels.Stored]:
    """The spectrogram of a recording as stored (n_frames, n_bins or n_mels), in blocks."""
    spectra = Replay(lambda: levels(samples, p, a, device))
    loudest = _loudest(spectra) if p.reference == "clip" else float(p.loudest_db([], [a.full_scale])[0])
    return (_stored(block, loudest, p) for block in spectra)


def _loudest(spectra: Iterable["Tensor"]) -> float:
    """The loudest point of a clip in dB; infinity if all of it is as soft as is told apart, as `decibels.peak_db` has it."""
    loudest = max(float(block.max()) for block in spectra)
    return loudest if loudest > 10 * np.log10(LEAST_POWER) else np.inf


def _stored(levels: "Tensor", loudest_db: float, p: decibels.Params) -> decibels.Stored:
    """Levels in dB as `decibels.encode` stores them."""
    if p.dtype == "float16":
        return (levels - loudest_db).clamp(-p.top_db, 0).half().cpu().numpy()
    scale = 255 / p.top_db
    return (levels * scale + (255.5 - loudest_db * scale)).clamp(0, 255.5).byte().cpu().numpy()
