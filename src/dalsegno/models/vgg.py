"""Small VGG (Simonyan and Zisserman 2015, arXiv 1409.1556, §2.1): stacks of 3 × 3 convolutions, then pooling by 2.

Batch normalisation after each convolution and an average over the rest of the picture take the place of the
original's depth and of its two layers of 4,096, so that a few hundred clips suffice and any length goes in.
"""

from collections import OrderedDict
from typing import Annotated

from pydantic import Field
from torch import nn

from dalsegno.pipeline.params import section

Count = Annotated[int, Field(ge=1)]


@section
class Params:
    """A stack of convolutions and a pooling for each of `channels`."""

    channels: Annotated[tuple[Count, ...], Field(min_length=1)] = (32, 64, 128, 256)  # of each stack
    convolutions: Annotated[int, Field(ge=1, le=1000)] = 2  # in each stack
    dense: Count = 256  # width of the hidden layer before the logits
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5  # before and after the hidden layer


def build(p: Params, input_shape: tuple[int, ...], n_labels: int) -> nn.Module:
    """Map a batch of pictures of any length, (batch, channel, bin, frame), to logits, (batch, label).

    Raises ValueError if input_shape is not (channels, bins, frames), or smaller than the poolings need.
    """
    if len(input_shape) != 3:
        raise ValueError(f"vgg takes spectrograms, input shape (channels, bins, frames); got {input_shape}")
    n_in, bins, frames = input_shape
    least = 2 ** len(p.channels)
    if min(bins, frames) < least:
        raise ValueError(
            f"vgg pools by 2 after each of {len(p.channels)} stacks and takes at least {least} bins × {least} frames; "
            f"got {bins} × {frames}: give it longer segments, or fewer channels"
        )
    stacks = [_stack(p, *sizes) for sizes in zip([n_in, *p.channels], p.channels, strict=False)]
    gather = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(p.dropout))
    tail = nn.Sequential(nn.Linear(p.channels[-1], p.dense), nn.ReLU(), nn.Dropout(p.dropout))
    return nn.Sequential(OrderedDict(body=nn.Sequential(*stacks, gather, tail), head=nn.Linear(p.dense, n_labels)))


def _stack(p: Params, n_in: int, n_out: int) -> nn.Sequential:
    layers = []
    for n in [n_in] + [n_out] * (p.convolutions - 1):
        layers += [nn.Conv2d(n, n_out, 3, padding=1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU()]
    return nn.Sequential(*layers, nn.MaxPool2d(2))
