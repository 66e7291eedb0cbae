"""The VGG that comes with musicnn (Pons and Serra 2019, arXiv 1909.06654): five convolutions of 3 × 3, 128 channels each.

The weights in the package musicnn 0.1.0 (ISC licence; 50 tags of the Million Song Dataset or of MagnaTagATune) fit as
they are, over spectrograms of kind `musicnn` in patches of 187 frames. The embedding is the last feature map, flattened,
from which the authors' network goes straight to its tags, unless `layers` says otherwise.
"""

from collections import OrderedDict
from typing import Annotated, Any, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from dalsegno.pipeline.errors import mismatch
from dalsegno.pipeline.params import section

NORMALISE = "none"  # the first layer is a batch norm
RECORDINGS = {"msd": "the Million Song Dataset", "mtt": "MagnaTagATune"}
LEAST = 66  # bins and frames that the five poolings still leave something of
N_CHANNELS = 128
POOLINGS = (((1, 4), 2), ((2, 2), 2), ((2, 2), 2), ((2, 2), 2), ((4, 4), 4))
"""(bins, frames) and stride of each layer's."""
DROPOUT = 0.25  # after each layer but the last
EPSILON = 1e-3  # of TensorFlow's batch norms
RENAMED = {
    "batch_normalization": "body.0.norm",
    **{f"{i + 1}CNN": f"body.{i}.layers.0" for i in range(len(POOLINGS))},
    **{f"batch_normalization_{i + 1}": f"body.{i}.layers.2" for i in range(len(POOLINGS))},
    "dense": "head.1",
}

Passed = tuple[Tensor, dict[str, Tensor]]  # a feature map, and the statistics of those before it and its own


@section
class Params:
    """`model:` of `arch: musicnn_vgg`."""

    layers: Annotated[  # what the embedding is made of, in this order: for all but `penultimate`, means and maxima
        tuple[Literal["pool1", "pool2", "pool3", "pool4", "pool5", "penultimate"], ...], Field(min_length=1)
    ] = ("penultimate",)
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5  # before the logits

    def __post_init__(self) -> None:
        if len(set(self.layers)) < len(self.layers):
            raise ValueError(f"layers is {list(self.layers)}, which names a layer twice")


class Layer(nn.Module):
    """Convolution, activation, batch norm and pooling; the statistics of the result are taken down under its name."""

    def __init__(self, number: int, n_in: int) -> None:
        super().__init__()
        self.name = f"pool{number}"
        window, stride = POOLINGS[number - 1]
        conv = nn.Conv2d(n_in, N_CHANNELS, 3, padding=1)
        self.layers = nn.Sequential(conv, nn.ReLU(), nn.BatchNorm2d(N_CHANNELS, EPSILON), nn.MaxPool2d(window, stride))
        self.drop = nn.Dropout(DROPOUT if number < len(POOLINGS) else 0.0)

    def forward(self, passed: Passed) -> Passed:
        """The next feature map (batch, 128, bin, frame); the means of its channels, then their maxima (batch, 256)."""
        x, statistics = passed
        y = self.layers(x)
        return self.drop(y), statistics | {self.name: torch.cat([y.mean((2, 3)), y.amax((2, 3))], 1)}


class First(Layer):
    """The first layer, which standardises the spectrogram."""

    def __init__(self) -> None:
        super().__init__(1, 1)
        self.norm = nn.BatchNorm2d(1, EPSILON)

    def forward(self, x: Float[Tensor, "batch 1 bin frame"]) -> Passed:
        """The first feature map and its statistics."""
        return super().forward((self.norm(x), {}))


class Embedding(nn.Module):
    """What the embedding is made of: the last feature map, or layers by their statistics."""

    def __init__(self, p: Params) -> None:
        super().__init__()
        self.chosen = p.layers

    def forward(self, passed: Passed) -> Float[Tensor, "batch dim"]:
        """The embedding; of the last feature map by time, then by bin, then by channel, as TensorFlow flattens it."""
        x, statistics = passed
        values = statistics | {"penultimate": x.permute(0, 3, 2, 1).flatten(1)}
        return torch.cat([values[name] for name in self.chosen], 1)


def build(p: Params, input_shape: tuple[int, ...], n_labels: int) -> nn.Module:
    """Map spectrograms of one length, (batch, 1, bin, frame), to logits, (batch, label).

    Raises ValueError if input_shape is not (1, bins, frames), or so small that the poolings leave nothing of it.
    """
    if len(input_shape) != 3 or input_shape[0] != 1:
        raise ValueError(f"musicnn_vgg takes spectrograms, input shape (1 channel, bins, frames); got {input_shape}")
    bins, frames = input_shape[1:]
    if min(bins, frames) < LEAST:
        raise ValueError(
            f"musicnn_vgg takes at least {LEAST} bins × {LEAST} frames; got {bins} × {frames}: give it longer segments"
        )
    deeper = (Layer(number, N_CHANNELS) for number in range(2, len(POOLINGS) + 1))
    width = sum(widths(p, input_shape).values())
    head = nn.Sequential(nn.Dropout(p.dropout), nn.Linear(width, n_labels))
    return nn.Sequential(OrderedDict(body=nn.Sequential(First(), *deeper, Embedding(p)), head=head))


def published(p: Params, weights: dict[str, Tensor], meta: dict[str, Any]) -> dict[str, Tensor]:
    """The weights of the VGG, as `dalsegno weights fetch msd_vgg` writes them, in the names of `build`'s network.

    The head's 50 tags are included where the embedding is the last feature map. meta: of the spectrograms. Raises
    ValueError if those are of another kind, or the weights of another network.
    """
    if meta["kind"] != "musicnn":
        raise ValueError(
            f"these weights know spectrograms of kind 'musicnn' (16 kHz, 96 mels), but the input is of kind "
            f"{meta['kind']!r} with {meta['bins']} bins; add an entry of kind: musicnn to spectrograms and name it"
        )
    layers = {name.rpartition(".")[0] for name in weights}
    if difference := mismatch(layers, RENAMED):
        raise ValueError(f"not the weights of musicnn's VGG, msd_vgg or mtt_vgg; layers: {difference}")
    renamed = (_renamed(name, tensor) for name, tensor in weights.items())
    whole = p.layers == ("penultimate",)
    return {name: tensor for name, tensor in renamed if whole or not name.startswith("head.")}


def _renamed(name: str, tensor: Tensor) -> tuple[str, Tensor]:
    """Our name of a tensor, and the tensor with its axes in our order: their filters are over (frame, bin)."""
    layer, _, kind = name.rpartition(".")
    return f"{RENAMED[layer]}.{kind}", (tensor.mT if tensor.ndim == 4 else tensor).contiguous()


def widths(p: Params, input_shape: tuple[int, ...]) -> dict[str, int]:
    """How many numbers of the embedding each layer makes, in their order."""
    sides = input_shape[1:]
    for window, stride in POOLINGS:
        sides = tuple((side - width) // stride + 1 for side, width in zip(sides, window, strict=True))
    last = N_CHANNELS * sides[0] * sides[1]
    return {name: last if name == "penultimate" else 2 * N_CHANNELS for name in p.layers}
