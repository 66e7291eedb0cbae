"""Residual network (He et al. 2016, arXiv 1512.03385): the 18-layer pattern 64/128/256/512, scalable."""

from collections import OrderedDict
from typing import Annotated, Literal

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from dalsegno.pipeline.params import section

LEAST_IN = 16  # channels in the largest block that oneDNN uses, with AVX-512; below one, `Strided` is needed
Count = Annotated[int, Field(ge=1)]
Blocks = Annotated[int, Field(ge=1, le=1000)]


@section
class Params:
    """Stages of basic blocks; each stage doubles the channels, and from the second on halves the picture."""

    width: Count = 64  # channels of the first stage
    depth: Annotated[tuple[Blocks, ...], Field(min_length=1)] = (2, 2, 2, 2)  # blocks of each stage; this is ResNet-18
    kernel_size: Count = 3  # side of the blocks' square kernels, odd
    stem: Literal["image", "small"] = "image"  # image: 7 × 7 by steps of 2, then max pooling by 2; small: 3 × 3 by 1
    pooling: Literal["average", "max"] = "average"  # how the last stage becomes one vector
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0  # share of that vector dropped before the logits

    def __post_init__(self) -> None:
        if self.kernel_size % 2 == 0:
            raise ValueError(
                f"'kernel_size' is {self.kernel_size}; a residual block needs an odd one, to keep the size"
            )


class Block(nn.Module):
    """Two convolutions and the way around them; the way is a 1 × 1 convolution where the shape changes (§3.3, B)."""

    def __init__(self, n_in: int, n_out: int, kernel_size: int, stride: int) -> None:
        super().__init__()
        self.convs = nn.Sequential(
            _conv(n_in, n_out, kernel_size, stride), nn.ReLU(), _conv(n_out, n_out, kernel_size, 1)
        )
        self.shortcut = nn.Identity() if (n_in, stride) == (n_out, 1) else _conv(n_in, n_out, 1, stride)
        self.relu = nn.ReLU()

    def forward(
        self, x: Float[Tensor, "batch channel bin frame"]
    ) -> Float[Tensor, "batch channel_out bin_out frame_out"]:
        """Residual plus shortcut, rectified."""
        return self.relu(self.convs(x) + self.shortcut(x))


class Strided(nn.Conv2d):
    """A 1 × 1 convolution by steps that first takes the cells it needs and then goes by single ones.

    oneDNN's gradient of one with few channels, channels last, writes beyond its memory: PyTorch crashes (oneDNN #6035).
    """

    def forward(
        self, x: Float[Tensor, "batch channel bin frame"]
    ) -> Float[Tensor, "batch channel_out bin_out frame_out"]:
        """What nn.Conv2d gives."""
        return nn.functional.conv2d(x[..., :: self.stride[0], :: self.stride[1]], self.weight)


class Pool(nn.Module):
    """Average or greatest value of each channel; adaptive max pooling would have no deterministic gradient on a GPU."""

    def __init__(self, pooling: str) -> None:
        super().__init__()
        self.pooling = pooling

    def forward(self, x: Float[Tensor, "batch channel bin frame"]) -> Float[Tensor, "batch channel"]:
        """One value per channel."""
        return x.mean((2, 3)) if self.pooling == "average" else x.amax((2, 3))


def build(p: Params, input_shape: tuple[int, ...], n_labels: int) -> nn.Module:
    """Map a batch of pictures of any length, (batch, channel, bin, frame), to logits, (batch, label).

    Raises ValueError if input_shape is not (channels, bins, frames), or so small that a stage would halve one cell.
    """
    if len(input_shape) != 3:
        raise ValueError(f"resnet takes spectrograms, input shape (channels, bins, frames); got {input_shape}")
    n_in, bins, frames = input_shape
    stride = 2 ** (len(p.depth) - 1) * (4 if p.stem == "image" else 1)
    least = stride // 2 + 1
    if min(bins, frames) < least:
        raise ValueError(
            f"resnet shrinks its input {stride}-fold and takes at least {least} bins × {least} frames; got {bins} × "
            f"{frames}: give it longer segments, fewer stages in depth, or stem: small"
        )
    stages = [
        _stage(p, p.width if i == 0 else p.width * 2 ** (i - 1), p.width * 2**i, n_blocks, stride=1 if i == 0 else 2)
        for i, n_blocks in enumerate(p.depth)
    ]
    gather = nn.Sequential(Pool(p.pooling), nn.Dropout(p.dropout))
    body = nn.Sequential(_stem(p, n_in), *stages, gather)
    model = nn.Sequential(OrderedDict(body=body, head=nn.Linear(p.width * 2 ** (len(p.depth) - 1), n_labels)))
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return model


def _stem(p: Params, n_in: int) -> nn.Sequential:
    if p.stem == "small":
        return nn.Sequential(_conv(n_in, p.width, 3, 1), nn.ReLU())
    return nn.Sequential(_conv(n_in, p.width, 7, 2), nn.ReLU(), nn.MaxPool2d(3, stride=2, padding=1))


def _stage(p: Params, n_in: int, n_out: int, n_blocks: int, stride: int) -> nn.Sequential:
    first = Block(n_in, n_out, p.kernel_size, stride)
    return nn.Sequential(first, *(Block(n_out, n_out, p.kernel_size, 1) for _ in range(n_blocks - 1)))


def _conv(n_in: int, n_out: int, kernel_size: int, stride: int) -> nn.Sequential:
    kind = Strided if kernel_size == 1 and stride > 1 and n_in < LEAST_IN else nn.Conv2d
    conv = kind(n_in, n_out, kernel_size, stride, padding=kernel_size // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(n_out))
