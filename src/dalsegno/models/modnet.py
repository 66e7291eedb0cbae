"""A small network for pictures of any length that measures how fast a spectrogram changes.

Genre lies as much in how fast loudness and timbre rise and fall as in timbre itself (modulation spectra: McKinney and
Breebaart 2003, "Features for audio and music classification"). Convolutions over all bins draw profiles of each frame;
long convolutions in time, shared by all profiles, split each by rate; only the logarithm of their energy is kept. Both
start from filters that are known to work (cepstrum and bands, wavelets) and learn from there: a few hundred clips are
too few to find them.
"""

import math
from collections import OrderedDict
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from dalsegno.pipeline.params import section

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, lt=1)]
SLOWEST, FASTEST = 0.03, 0.48  # cycles per frame, at the start; frames can hold half a cycle at most
FADE = 10  # frames
FLOOR = 1e-3  # added to energies before the logarithm; profiles are normalised to 1


@section
class Params:
    """Under 60,000 parameters by default."""

    cepstra: Count = 20  # profiles that start as cosines along the bins
    bands: Count = 16  # profiles that start as means of neighbouring bins
    rates: Count = 8  # speeds by which each profile is taken apart
    kernel_size: Annotated[int, Field(ge=3)] = 41  # frames over which a rate is measured
    width: Count = 128  # of the hidden layer
    dropout: tuple[Share, Share] = (0.2, 0.5)  # before and after the hidden layer


class Profiles(nn.Module):
    """Weighted sums of each frame over all bins and channels, each profile normalised."""

    def __init__(self, n_in: int, bins: int, p: Params) -> None:
        super().__init__()
        start = torch.cat([_cosines(p.cepstra, bins), _bands(p.bands, bins)])
        self.weight = nn.Parameter(start.repeat(1, n_in) / n_in)
        self.norm = nn.BatchNorm1d(len(start))

    def forward(self, x: Float[Tensor, "batch channel bin frame"]) -> Float[Tensor, "batch profile frame"]:
        """Each frame by itself."""
        return self.norm(self.weight @ x.flatten(1, 2))


class Modulation(nn.Module):
    """Mean of each profile, log of its variance, and log of its energy at each rate; over all frames."""

    def __init__(self, n_rates: int, kernel_size: int) -> None:
        super().__init__()
        self.kernels = nn.Parameter(_wavelets(n_rates, kernel_size))  # (2 * rate, frame): each rate in two phases

    def forward(self, x: Float[Tensor, "batch profile frame"]) -> Float[Tensor, "batch statistic"]:
        """profiles * (rates + 2) values."""
        n_frames = x.shape[2]
        n = max(n_frames, self.kernels.shape[1])
        mean = x.mean(2, keepdim=True)
        away = x - mean
        # by Parseval's theorem the energy of a convolution, which is all that is kept of it, is a product of spectra
        gains = _power(self.kernels, n).unflatten(0, (-1, 2)).sum(1)
        energy = _power(away * _faded(n_frames, x.device), n) @ gains.T * (2 / (n * n_frames))
        variance = away.square().mean(2)
        return torch.cat([mean.squeeze(2), (variance + FLOOR).log(), (energy + FLOOR).log().flatten(1)], 1)


def build(p: Params, input_shape: tuple[int, ...], n_labels: int) -> nn.Module:
    """Map a batch of pictures of any length, (batch, channel, bin, frame), to logits, (batch, label).

    Raises ValueError if input_shape is not (channels, bins, frames), or has too few bins or frames.
    """
    if len(input_shape) != 3:
        raise ValueError(f"modnet takes spectrograms, input shape (channels, bins, frames); got {input_shape}")
    n_in, bins, frames = input_shape
    least = max(p.cepstra, p.bands)
    if min(bins, frames) < least:
        raise ValueError(
            f"modnet with {p.cepstra} cepstra and {p.bands} bands takes at least {least} bins × {least} frames; got "
            f"{bins} × {frames}: give it longer segments, or lower these numbers"
        )
    profiles = Profiles(n_in, bins, p)
    n = (p.cepstra + p.bands) * (p.rates + 2)
    statistics = nn.Sequential(Modulation(p.rates, p.kernel_size), nn.BatchNorm1d(n))
    hidden = nn.Sequential(
        nn.Dropout(p.dropout[0]), nn.Linear(n, p.width), nn.BatchNorm1d(p.width), nn.ReLU(), nn.Dropout(p.dropout[1])
    )
    body = nn.Sequential(profiles, statistics, hidden)
    return nn.Sequential(OrderedDict(body=body, head=nn.Linear(p.width, n_labels)))


def _cosines(n: int, bins: int) -> Float[Tensor, "n bins"]:
    """The first rows of an orthonormal discrete cosine transform: of decibels over mel bins, a cepstrum."""
    rows = torch.cos(math.pi * torch.arange(n)[:, None] * (torch.arange(bins) + 0.5) / bins)
    return rows / rows.norm(dim=1, keepdim=True)


def _bands(n: int, bins: int) -> Float[Tensor, "n bins"]:
    """Means of n runs of bins that cover them all."""
    which = torch.arange(bins) * n // bins
    rows = (which == torch.arange(n)[:, None]).float()
    return rows / rows.norm(dim=1, keepdim=True)


def _power(x: Float[Tensor, "*batch frame"], n: int) -> Float[Tensor, "*batch frequency"]:
    spectrum = torch.fft.rfft(x, n)
    return spectrum.real.square() + spectrum.imag.square()


def _faded(n_frames: int, device: torch.device) -> Float[Tensor, " frame"]:
    """1, with a rise and a fall over FADE frames, so that the jump from the last frame to the first does not count."""
    rise = ((torch.arange(n_frames, device=device) + 0.5) / FADE).clamp_max(1)
    rise = (rise * math.pi / 2).sin().square()
    return rise * rise.flip(0)


def _wavelets(n_rates: int, size: int) -> Float[Tensor, "two_n_rates size"]:
    """Gabor wavelets of norm 1 and mean 0, rates spaced evenly by ratio, a cosine and a sine of each."""
    time = torch.arange(size) - size // 2
    ends = math.log10(SLOWEST), math.log10(FASTEST)
    rows = []
    for rate in torch.logspace(*ends, n_rates, device="cpu").tolist():  # on the CPU also where weights have no data
        window = torch.exp(-0.5 * (time / min(size / 5, 1 / rate)) ** 2)
        for phase in (0.0, math.pi / 2):
            wave = window * torch.cos(2 * math.pi * rate * time + phase)
            wave = wave - window * wave.sum() / window.sum()
            rows.append(wave / wave.norm())
    return torch.stack(rows)
