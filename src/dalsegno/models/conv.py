"""Plain convolutional network: blocks of convolution – activation – pooling, then a dense tail.

The default is a small batch-normed network that takes any length. `ConvolNeuNet` of the course reports is
channels [32, 64, 96], dense [512, 256, 128, 64], dropout [0.5, 0.0, 0.5, 0.0], batch_norm and global_average false.
"""

from collections import OrderedDict
from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator, Field
from torch import nn

from dalsegno.pipeline.params import section
from dalsegno.pipeline.refusals import ReadWhere

T = TypeVar("T")
POOLINGS = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, lt=1)]
Each = BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else (value,))  # one stands for all


@section
class Params:
    """A block and a pooling for each of `channels`, a dense layer for each of `dense`."""

    channels: Annotated[tuple[Count, ...], Field(min_length=1)] = (32, 64, 96)  # output channels of each block
    kernel_size: Annotated[tuple[Count, ...], Each] = (3,)  # side of the kernels: one for all blocks, or one for each
    batch_norm: bool = True  # normalise between convolution and ReLU
    pooling: Literal["max", "average"] = "max"  # how each block ends
    pool_size: Annotated[int, Field(ge=2)] = 2  # side of the square pooled to one cell
    global_average: bool = True  # average each channel over the picture, so that any length goes in; else flatten it
    dense: tuple[Count, ...] = (128,)  # widths of the hidden layers before the logits
    # after each hidden layer: one share for all, or one for each
    dropout: Annotated[tuple[Share, ...], Each, ReadWhere("dense")] = (0.3,)

    def __post_init__(self) -> None:
        for name, value, each in (
            ("kernel_size", self.kernel_size, self.channels),
            ("dropout", self.dropout, self.dense),
        ):
            if len(value) not in (1, len(each)):
                raise ValueError(f"'{name}' has {len(value)} entries for {len(each)} layers; give one, or one for each")


def build(p: Params, input_shape: tuple[int, ...], n_labels: int) -> nn.Module:
    """Map a batch of pictures, (batch, channel, bin, frame), to logits, (batch, label).

    Raises ValueError if input_shape is not (channels, bins, frames), or smaller than the poolings need.
    """
    if len(input_shape) != 3:
        raise ValueError(f"conv takes spectrograms, input shape (channels, bins, frames); got {input_shape}")
    n_in, bins, frames = input_shape
    least = p.pool_size ** len(p.channels)
    if min(bins, frames) < least:
        raise ValueError(
            f"conv pools by {p.pool_size} after each of {len(p.channels)} blocks and takes at least {least} bins × "
            f"{least} frames; got {bins} × {frames}: give it longer segments, or fewer channels"
        )
    n_flat = p.channels[-1] * (1 if p.global_average else (bins // least) * (frames // least))
    blocks = [
        _block(p, *sizes)
        for sizes in zip([n_in, *p.channels], p.channels, _each(p.kernel_size, p.channels), strict=False)
    ]
    gather = nn.Sequential(*([nn.AdaptiveAvgPool2d(1)] if p.global_average else []), nn.Flatten())
    widths = [n_flat, *p.dense]
    tail = [
        nn.Sequential(nn.Linear(n, width), nn.ReLU(), nn.Dropout(share))
        for n, width, share in zip(widths, p.dense, _each(p.dropout, p.dense), strict=False)
    ]
    return nn.Sequential(OrderedDict(body=nn.Sequential(*blocks, gather, *tail), head=nn.Linear(widths[-1], n_labels)))


def _block(p: Params, n_in: int, n_out: int, kernel_size: int) -> nn.Sequential:
    norm = [nn.BatchNorm2d(n_out)] if p.batch_norm else []
    conv = nn.Conv2d(n_in, n_out, kernel_size, padding="same", bias=not p.batch_norm)
    return nn.Sequential(conv, *norm, nn.ReLU(), POOLINGS[p.pooling](p.pool_size))


def _each(value: tuple[T, ...], layers: tuple[int, ...]) -> tuple[T, ...]:
    return value * len(layers) if len(value) == 1 else value
