"""A small residual network for log-mel pictures of any length that knows in which band something sounds.

Three ideas, each from work on audio with little data: residual 3 × 3 blocks with a short reach (Koutini et al. 2019,
arXiv 1907.01803), which shrink bins faster than frames; weights of their own for every band that remains, since a
convolution alone cannot tell bass from treble (the same authors' frequency-aware CNN, arXiv 1909.02859); mean and
maximum over time side by side (Kong et al. 2020, PANNs, arXiv 1912.10211, §III.A).
"""

from collections import OrderedDict
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from dalsegno.pipeline.params import section

Count = Annotated[int, Field(ge=1)]


@section
class Params:
    """About a third of a million parameters by default."""

    channels: Annotated[tuple[Count, ...], Field(min_length=2)] = (16, 32, 64, 128)  # of the stem and of each block
    multiplier: Count = 2  # band profiles learned for each of the last channels
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.3  # before the logits


class Block(nn.Module):
    """Two convolutions, the first by steps of `stride`, and an averaged way around them."""

    def __init__(self, n_in: int, n_out: int, stride: tuple[int, int]) -> None:
        super().__init__()
        self.convs = nn.Sequential(_conv(n_in, n_out, 3, stride), nn.ReLU(), _conv(n_out, n_out, 3, (1, 1)))
        self.shortcut = nn.Sequential(nn.AvgPool2d(stride, ceil_mode=True), _conv(n_in, n_out, 1, (1, 1)))
        self.relu = nn.ReLU()

    def forward(
        self, x: Float[Tensor, "batch channel bin frame"]
    ) -> Float[Tensor, "batch channel_out bin_out frame_out"]:
        """Residual plus shortcut, rectified."""
        return self.relu(self.convs(x) + self.shortcut(x))


class MeanAndMax(nn.Module):
    """Mean and maximum over the whole picture, one after the other."""

    def forward(self, x: Float[Tensor, "batch channel bin frame"]) -> Float[Tensor, "batch two_channels"]:
        """Twice as many values as x has channels."""
        return torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)


def build(p: Params, input_shape: tuple[int, ...], n_labels: int) -> nn.Module:
    """Map a batch of pictures of any length, (batch, channel, bin, frame), to logits, (batch, label).

    Raises ValueError if input_shape is not (channels, bins, frames), or so small that a block would halve one cell.
    """
    if len(input_shape) != 3:
        raise ValueError(f"bandnet takes spectrograms, input shape (channels, bins, frames); got {input_shape}")
    n_in, bins, frames = input_shape
    least = 2 ** (len(p.channels) - 1) + 1
    if min(bins, frames) < least:
        raise ValueError(
            f"bandnet halves bins {len(p.channels)} times and takes at least {least} bins × {least} frames; got "
            f"{bins} × {frames}: give it longer segments, or fewer channels"
        )
    stem = nn.Sequential(_conv(n_in, p.channels[0], 3, (2, 1)), nn.ReLU())
    strides = [(2, 2)] * (len(p.channels) - 2) + [(2, 1)]
    blocks = [Block(*sizes) for sizes in zip(p.channels[:-1], p.channels[1:], strides, strict=True)]
    n_bands = -(-bins // 2 ** len(p.channels))
    n, n_profiles = p.channels[-1], p.channels[-1] * p.multiplier
    bands = nn.Sequential(
        nn.Conv2d(n, n_profiles, (n_bands, 1), groups=n, bias=False), nn.BatchNorm2d(n_profiles), nn.ReLU()
    )
    body = nn.Sequential(stem, *blocks, bands, nn.Sequential(MeanAndMax(), nn.Dropout(p.dropout)))
    return nn.Sequential(OrderedDict(body=body, head=nn.Linear(2 * n_profiles, n_labels)))


def _conv(n_in: int, n_out: int, kernel_size: int, stride: tuple[int, int]) -> nn.Sequential:
    conv = nn.Conv2d(n_in, n_out, kernel_size, stride, padding=kernel_size // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(n_out))
