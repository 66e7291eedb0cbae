"""Bottom-up Broadcast Neural Network (Liu et al. 2019, arXiv 1901.08928, §3): shallow, multi-scale, densely connected.

A shallow layer keeps low-level detail; in the broadcast module every block sees all that came before it, through
branches of 1 × 1, 3 × 3, 5 × 5 and pooling; a transition layer and the average over the picture decide. Batch norm and
ReLU stand before each convolution, as in the authors' own code (github.com/CaifengLiu/music-genre-classification).
"""

from collections import OrderedDict
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from dalsegno.pipeline.params import section


@section
class Params:
    """The published network by default: 32 channels in every convolution, three blocks."""

    channels: Annotated[int, Field(ge=1)] = 32  # output channels of every convolution
    blocks: Annotated[int, Field(ge=1, le=1000)] = 3  # in the broadcast module
    pool_frames: Annotated[int, Field(ge=1)] = 4  # frames pooled to one by the shallow layer
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0  # before the logits; the paper has none


class Broadcast(nn.Module):
    """One block: its input, and four views of it at different scales, on top of each other."""

    def __init__(self, n_in: int, n: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            [
                _conv(n_in, n, 1),
                nn.Sequential(_conv(n_in, n, 1), _conv(n, n, 3)),
                nn.Sequential(_conv(n_in, n, 1), _conv(n, n, 5)),
                nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), _conv(n_in, n, 1)),
            ]
        )

    def forward(self, x: Float[Tensor, "batch channel bin frame"]) -> Float[Tensor, "batch channel_out bin frame"]:
        """Four times n channels more than x has."""
        return torch.cat([x, *(branch(x) for branch in self.branches)], 1)


def build(p: Params, input_shape: tuple[int, ...], n_labels: int) -> nn.Module:
    """Map a batch of pictures of any length, (batch, channel, bin, frame), to logits, (batch, label).

    Raises ValueError if input_shape is not (channels, bins, frames), or smaller than the poolings need.
    """
    if len(input_shape) != 3:
        raise ValueError(f"bbnn takes spectrograms, input shape (channels, bins, frames); got {input_shape}")
    n_in, bins, frames = input_shape
    least = 2 * p.pool_frames
    if bins < 2 or frames < least:
        raise ValueError(
            f"bbnn pools frames by {p.pool_frames} and then all by 2, and takes at least {least} frames × 2 bins; "
            f"got {frames} × {bins}: give it longer segments, or a smaller pool_frames"
        )
    n = p.channels
    shallow = nn.Sequential(
        nn.Conv2d(n_in, n, 3, padding=1), nn.BatchNorm2d(n), nn.ReLU(), nn.MaxPool2d((1, p.pool_frames))
    )
    blocks = [Broadcast(n + 4 * n * i, n) for i in range(p.blocks)]
    transition = nn.Sequential(_conv(n + 4 * n * p.blocks, n, 1), nn.AvgPool2d(2))
    decision = nn.Sequential(nn.BatchNorm2d(n), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(p.dropout))
    body = nn.Sequential(shallow, *blocks, transition, decision)
    return nn.Sequential(OrderedDict(body=body, head=nn.Linear(n, n_labels)))


def _conv(n_in: int, n_out: int, kernel_size: int) -> nn.Sequential:
    return nn.Sequential(nn.BatchNorm2d(n_in), nn.ReLU(), nn.Conv2d(n_in, n_out, kernel_size, padding="same"))
