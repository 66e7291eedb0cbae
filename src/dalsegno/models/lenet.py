"""LeNet-5 (LeCun et al. 1998, §II.B): two unpadded 5 × 5 convolutions with pooling, then layers of 120 and 84.

The original squashes by tanh and pools by averaging; courses teach it with ReLU and max pooling.
"""

from collections import OrderedDict
from typing import Annotated, Literal

from pydantic import Field
from torch import nn

from dalsegno.pipeline.params import section

POOLINGS = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}
ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}
KERNEL_SIZE = 5
POOL_SIZE = 2
Count = Annotated[int, Field(ge=1)]


@section
class Params:
    """LeNet-5 with today's choices by default."""

    channels: tuple[Count, Count] = (6, 16)  # output channels of the two convolutions
    dense: tuple[Count, Count] = (120, 84)  # widths of the two hidden layers
    activation: Literal["relu", "tanh"] = "relu"  # after each layer; 1998: tanh
    pooling: Literal["max", "average"] = "max"  # by 2 after each convolution; 1998: average
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0  # after each hidden layer; 1998: none


def build(p: Params, input_shape: tuple[int, ...], n_labels: int) -> nn.Module:
    """Map a batch of pictures, (batch, channel, bin, frame), to logits, (batch, label).

    Raises ValueError if input_shape is not (channels, bins, frames), or smaller than 16 × 16.
    """
    if len(input_shape) != 3:
        raise ValueError(f"lenet takes spectrograms, input shape (channels, bins, frames); got {input_shape}")
    n_in, bins, frames = input_shape
    least = 16  # (16 - 4) // 2 = 6; (6 - 4) // 2 = 1
    if min(bins, frames) < least:
        raise ValueError(
            f"lenet convolves without padding, pools twice by 2, and takes at least {least} bins × {least} frames; "
            f"got {bins} × {frames}: give it longer segments or more bins"
        )
    n_flat = p.channels[1] * _left_of(bins) * _left_of(frames)
    first, second = p.dense
    body = nn.Sequential(
        _block(p, n_in, p.channels[0]),
        _block(p, *p.channels),
        nn.Flatten(),
        nn.Sequential(nn.Linear(n_flat, first), ACTIVATIONS[p.activation](), nn.Dropout(p.dropout)),
        nn.Sequential(nn.Linear(first, second), ACTIVATIONS[p.activation](), nn.Dropout(p.dropout)),
    )
    return nn.Sequential(OrderedDict(body=body, head=nn.Linear(second, n_labels)))


def _block(p: Params, n_in: int, n_out: int) -> nn.Sequential:
    conv = nn.Conv2d(n_in, n_out, KERNEL_SIZE)
    return nn.Sequential(conv, ACTIVATIONS[p.activation](), POOLINGS[p.pooling](POOL_SIZE))


def _left_of(size: int) -> int:
    """Cells left of an axis after both blocks."""
    for _ in range(2):
        size = (size - KERNEL_SIZE + 1) // POOL_SIZE
    return size
