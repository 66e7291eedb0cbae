"""musicnn (Pons, Nieto, Prockup, Schmidt, Ehmann, Serra 2018, arXiv 1711.02520; Pons and Serra 2019, arXiv 1909.06654).

Filters shaped after music: high ones over 0.4 and 0.7 of the bands for timbre, long ones over up to 128 frames for
rhythm; three convolutions over time; the maximum and the mean of every feature map; a dense layer. The weights that come
with the package musicnn 0.1.0 (ISC licence; 50 tags of the Million Song Dataset or of MagnaTagATune) fit as they are,
over spectrograms of kind `musicnn`. The embedding is the penultimate layer, unless `layers` says otherwise.
"""

from collections import OrderedDict
from typing import Annotated, Any, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from dalsegno.pipeline.errors import mismatch
from dalsegno.pipeline.params import section

NORMALISE = "none"  # the first layer is a batch norm
RECORDINGS = {"msd": "the Million Song Dataset", "mtt": "MagnaTagATune"}
LEAST = 7  # bins and frames: what the filters span that look for timbre and those of the middle layers
SPAN = 7
N_TIMBRAL, N_TEMPORAL, N_MIDDLE, N_DENSE = 204, 51, 64, 200  # feature maps per filter shape or layer, and neurons
HEIGHTS = (0.4, 0.7)  # of the filters for timbre, as shares of the bins
LENGTHS = (128, 64, 32)  # of the filters for rhythm, in frames
EPSILON = 1e-3  # of TensorFlow's batch norms
LAYERS = {  # where the feature maps of each layer lie among all 753
    "timbral": slice(0, 408),
    "temporal": slice(408, 561),
    "cnn1": slice(561, 625),
    "cnn2": slice(625, 689),
    "cnn3": slice(689, 753),
}
N_FRONT, N_MAPS = 561, 753
AT_ONCE = 256  # frames (4 s), of which one filter shape makes 13 MB, which the heap can use again
FILTERS = len(HEIGHTS) + len(LENGTHS)
RENAMED = {  # layers in TensorFlow's order → ours
    "batch_normalization": "body.0.norm",
    **{f"conv2d{f'_{i}' if i else ''}": f"body.0.filters.{i}.0" for i in range(FILTERS)},
    **{f"batch_normalization_{i + 1}": f"body.0.filters.{i}.2" for i in range(FILTERS)},
    **{f"conv2d_{FILTERS + i}": f"body.{i + 1}.layers.0" for i in range(3)},
    **{f"batch_normalization_{FILTERS + 1 + i}": f"body.{i + 1}.layers.2" for i in range(3)},
    "batch_normalization_9": "body.4.dense.0",
    "dense": "body.4.dense.2",
    "batch_normalization_10": "body.4.dense.4",
    "dense_1": "head.1",
}


@section
class Params:
    """`model:` of `arch: musicnn`."""

    layers: Annotated[  # what the embedding is made of, in this order: for all but `penultimate`, means and maxima
        tuple[Literal["timbral", "temporal", "cnn1", "cnn2", "cnn3", "penultimate"], ...], Field(min_length=1)
    ] = ("penultimate",)
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5  # before the dense layer and before the logits

    def __post_init__(self) -> None:
        if len(set(self.layers)) < len(self.layers):
            raise ValueError(f"layers is {list(self.layers)}, which names a layer twice")


class FrontEnd(nn.Module):
    """Filters of five shapes, side by side, over the standardised spectrogram; of each the maximum over the bins."""

    def __init__(self, bins: int) -> None:
        super().__init__()
        timbral = [nn.Conv2d(1, N_TIMBRAL, (int(share * bins), SPAN)) for share in HEIGHTS]
        temporal = [nn.Conv2d(1, N_TEMPORAL, (1, length)) for length in LENGTHS]
        self.norm = nn.BatchNorm2d(1, EPSILON)
        self.lengths = (SPAN, SPAN, *LENGTHS)
        self.filters = nn.ModuleList(
            nn.Sequential(conv, nn.ReLU(), nn.BatchNorm2d(conv.out_channels, EPSILON)) for conv in timbral + temporal
        )

    def forward(self, x: Float[Tensor, "batch 1 bin frame"]) -> Float[Tensor, "batch map frame"]:
        """561 feature maps, as many frames as there were."""
        x, maps = self.norm(x), []
        for length, layers in zip(self.lengths, self.filters, strict=True):
            padded = F.pad(x, ((length - 1) // 2, length // 2))  # of an odd number, the end gets one more
            maps.append(_highest(layers, padded, length))
        return torch.cat(maps, 1)


def _highest(
    layers: nn.Module, x: Float[Tensor, "batch 1 bin frame"], length: int
) -> Float[Tensor, "batch map frame_out"]:
    """The maximum over the bins of what filters of `length` frames make.

    In evaluation, x is taken part by part, and only extremes are rectified and normalised: that keeps the order of values,
    or reverses it where the weight of the norm is negative.
    """
    if torch.is_grad_enabled() or layers.training:
        return layers(x).amax(2)
    conv, relu, norm = layers.children()
    turned = norm.get_parameter("weight")[:, None, None] < 0
    highest = x.new_empty(len(x), len(turned), 1, x.shape[3] - length + 1)  # many small tensors would fray the heap
    for i in range(0, highest.shape[3], AT_ONCE):
        y = conv(x[..., i : i + AT_ONCE + length - 1])
        highest[..., i : i + AT_ONCE] = torch.where(turned, y.amin(2, keepdim=True), y.amax(2, keepdim=True))
    return norm(relu(highest))[:, :, 0]


class Middle(nn.Module):
    """A convolution over time of the newest `n_in` feature maps; what it makes joins them at the end."""

    def __init__(self, n_in: int) -> None:
        super().__init__()
        conv = nn.Conv1d(n_in, N_MIDDLE, SPAN, padding=SPAN // 2)
        self.layers = nn.Sequential(conv, nn.ReLU(), nn.BatchNorm1d(N_MIDDLE, EPSILON))
        self.n_in, self.residual = n_in, n_in == N_MIDDLE

    def forward(self, maps: Float[Tensor, "batch map frame"]) -> Float[Tensor, "batch map_out frame"]:
        """All feature maps so far, and 64 more."""
        newest = maps[:, -self.n_in :]
        y = self.layers(newest)
        return torch.cat([maps, y + newest if self.residual else y], 1)


class BackEnd(nn.Module):
    """What the embedding is made of: layers by the mean and maximum over time of their feature maps, or the dense layer."""

    def __init__(self, p: Params) -> None:
        super().__init__()
        self.chosen = p.layers
        if "penultimate" in p.layers:
            norm, dense = nn.BatchNorm1d(2 * N_MAPS, EPSILON), nn.Linear(2 * N_MAPS, N_DENSE)
            self.dense = nn.Sequential(norm, nn.Dropout(p.dropout), dense, nn.ReLU(), nn.BatchNorm1d(N_DENSE, EPSILON))

    def forward(self, maps: Float[Tensor, "batch map frame"]) -> Float[Tensor, "batch dim"]:
        """The embedding; of a layer by its feature maps, all means come before all maxima."""
        mean, highest = maps.mean(2), maps.amax(2)
        parts = []
        for name in self.chosen:
            if name == "penultimate":
                side_by_side = torch.stack([highest, mean], 2).flatten(1)  # the two of each map
                parts.append(self.dense(side_by_side))
            else:
                parts += [mean[:, LAYERS[name]], highest[:, LAYERS[name]]]
        return torch.cat(parts, 1)


def build(p: Params, input_shape: tuple[int, ...], n_labels: int) -> nn.Module:
    """Map spectrograms of any length, (batch, 1, bin, frame), to logits, (batch, label).

    Raises ValueError if input_shape is not (1, bins, frames), or smaller than the filters.
    """
    if len(input_shape) != 3 or input_shape[0] != 1:
        raise ValueError(f"musicnn takes spectrograms, input shape (1 channel, bins, frames); got {input_shape}")
    if min(input_shape[1:]) < LEAST:
        raise ValueError(
            f"musicnn takes at least {LEAST} bins × {LEAST} frames; got {input_shape[1]} × {input_shape[2]}: give it "
            "longer segments"
        )
    body = nn.Sequential(FrontEnd(input_shape[1]), Middle(N_FRONT), Middle(N_MIDDLE), Middle(N_MIDDLE), BackEnd(p))
    width = sum(widths(p, input_shape).values())
    head = nn.Sequential(nn.Dropout(p.dropout), nn.Linear(width, n_labels))
    return nn.Sequential(OrderedDict(body=body, head=head))


def published(p: Params, weights: dict[str, Tensor], meta: dict[str, Any]) -> dict[str, Tensor]:
    """The weights of a musicnn, as `dalsegno weights fetch msd_musicnn` writes them, in the names of `build`'s network.

    The head's 50 tags are included where the embedding is the penultimate layer alone. meta: of the spectrograms. Raises
    ValueError if those are of another kind, or the weights of another network.
    """
    if meta["kind"] != "musicnn":
        raise ValueError(
            f"these weights know spectrograms of kind 'musicnn' (16 kHz, 96 mels), but the input is of kind "
            f"{meta['kind']!r} with {meta['bins']} bins; add an entry of kind: musicnn to spectrograms and name it"
        )
    layers = {name.rpartition(".")[0] for name in weights}
    if difference := mismatch(layers, RENAMED):
        raise ValueError(f"not the weights of a musicnn, msd_musicnn or mtt_musicnn; layers: {difference}")
    unused = () if p.layers == ("penultimate",) else ("head.",)
    unused += () if "penultimate" in p.layers else ("body.4.",)
    renamed = (_renamed(name, tensor) for name, tensor in weights.items())
    return {name: tensor for name, tensor in renamed if not name.startswith(unused)}


def _renamed(name: str, tensor: Tensor) -> tuple[str, Tensor]:
    """Our name of a tensor, and the tensor with its axes in our order.

    Their filters are over (frame, bin); those of the middle layers span all feature maps, which they lay where bins are.
    """
    layer, _, kind = name.rpartition(".")
    if tensor.ndim == 4:
        tensor = tensor.mT if RENAMED[layer].startswith("body.0.") else tensor[:, 0].mT
    return f"{RENAMED[layer]}.{kind}", tensor.contiguous()


def widths(p: Params, input_shape: tuple[int, ...]) -> dict[str, int]:
    """How many numbers of the embedding each layer makes, in their order."""
    of_maps = {name: 2 * (maps.stop - maps.start) for name, maps in LAYERS.items()}
    return {name: of_maps.get(name, N_DENSE) for name in p.layers}
