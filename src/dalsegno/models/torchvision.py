"""Any classifier of torchvision by its name, as a row of blocks under a new head.

The first block makes the picture that it takes (three channels, ImageNet's mean and deviation, its size) of values in
[0, 1]: `view.normalise: minmax`. Each further one goes from one layer with weights to the next, or is a residual stage.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import torch
import torchvision
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from dalsegno.pipeline.errors import hint
from dalsegno.pipeline.params import section

NORMALISE = "minmax"
RECORDINGS = {}  # published weights are of pictures
LEAST = 8  # bins and frames, below which there is nothing to enlarge
NORMS = (nn.BatchNorm2d, nn.LayerNorm)
AUXILIARY = ("aux1", "aux2", "AuxLogits")  # heads that helped in training from scratch: GoogLeNet, Inception v3
HALVED = ("googlenet", "inception_v3")  # trained on (x - 0.5) / 0.5, which torchvision hides in `transform_input`
ONE_SIZE = ("vit", "maxvit")  # names of networks made for pictures of one size begin so
STAGE = re.compile(r"(layer|stage|conv)\d|stem")  # names of a sequence that is one block, not the whole trunk
OF_2017 = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)")  # DenseNet's `norm.1`, which is `norm1` now


@section
class Params:
    """`model:` of `arch: torchvision`."""

    name: str = "resnet18"  # as torchvision.models calls it: vgg16, googlenet, mobilenet_v3_small, …
    size: Annotated[int, Field(ge=LEAST)] | Literal["as_is"] | None = None  # side of the picture; null: its own
    hidden: bool = True  # keep the classifier's hidden layers (VGG: two of 4,096)
    pool: Literal["average", "none"] = "average"  # of the last map without them: 512 averages, or 25,088 numbers in VGG

    def __post_init__(self) -> None:
        known = torchvision.models.list_models(torchvision.models)
        if self.name not in known:
            nearest = hint(self.name, known) or f"; there are: {', '.join(known)}"
            raise ValueError(f"name is {self.name!r}, which is not a classifier of torchvision{nearest}")
        if self.size == "as_is" and self.name.startswith(ONE_SIZE):
            raise ValueError(f"size is 'as_is', but {self.name} takes pictures of one size; give a number or null")
        patch = int(self.name.rpartition("_")[2]) if self.name.startswith("vit") else 1
        if isinstance(self.size, int) and self.size % patch:
            raise ValueError(f"size is {self.size}, but {self.name} has patches of {patch}; give a multiple of {patch}")
        if self.pool == "none" and self.hidden:
            raise ValueError("pool is 'none', which takes the place of hidden layers; set hidden to false")


class Picture(nn.Module):
    """torchvision's own transforms of a picture whose lowest bin is its first row: a square, upright, standardised."""

    def __init__(self, p: Params) -> None:
        super().__init__()
        wanted = _transforms(p.name)
        self.size = None if p.size == "as_is" else p.size or wanted.crop_size[0]
        moments = [(0.5, 0.5, 0.5)] * 2 if p.name in HALVED else [wanted.mean, wanted.std]
        for name, values in zip(("mean", "std"), moments, strict=True):
            self.register_buffer(name, torch.tensor(values)[:, None, None], persistent=False)

    def forward(self, x: Float[Tensor, "batch channel bin frame"]) -> Float[Tensor, "batch 3 row column"]:
        x = x.flip(2)  # one channel stands for all three: mean and std have three
        if self.size and x.shape[2:] != (self.size, self.size):
            x = F.interpolate(x, (self.size, self.size), mode="bilinear", antialias=True)
        return (x - self.get_buffer("mean")) / self.get_buffer("std")


class Pool(nn.Module):
    """The average of each channel."""

    def forward(self, x: Float[Tensor, "batch channel row column"]) -> Float[Tensor, "batch channel"]:
        return x.mean((2, 3))


class Tokens(nn.Module):
    """A vision transformer's patches as a sequence that its class token leads (Dosovitskiy et al. 2021, §3.1)."""

    def __init__(self, vit: torchvision.models.VisionTransformer) -> None:
        super().__init__()
        self.conv_proj, self.class_token, self.pos_embedding = vit.conv_proj, vit.class_token, vit.encoder.pos_embedding
        self.dropout = vit.encoder.dropout

    def forward(self, x: Float[Tensor, "batch 3 row column"]) -> Float[Tensor, "batch token dim"]:
        patches = self.conv_proj(x).flatten(2).transpose(1, 2)
        return self.dropout(torch.cat([self.class_token.expand(len(x), -1, -1), patches], 1) + self.pos_embedding)


class ClassToken(nn.Module):
    """The class token after the last layer, the first of the sequence."""

    def forward(self, x: Float[Tensor, "batch token dim"]) -> Float[Tensor, "batch dim"]:
        return x[:, 0]


def build(p: Params, input_shape: tuple[int, ...], n_labels: int) -> nn.Module:
    """Map pictures in [0, 1] of one channel or three, (batch, channel, bin, frame), to logits, (batch, label).

    Weights are random. Raises ValueError unless input_shape is (1 or 3, bins, frames) and poolings leave some of `size`.
    """
    if len(input_shape) != 3 or input_shape[0] not in (1, 3) or min(input_shape[1:]) < LEAST:
        raise ValueError(
            f"torchvision takes pictures, input shape (1 or 3 channels, at least {LEAST} bins, at least {LEAST} frames); "
            f"got {input_shape}: view.channels makes one channel, or three, and longer segments have more frames"
        )
    net = _assembled(p, _make(p, n_labels))
    if isinstance(net.head, nn.Conv2d):  # SqueezeNet's is a convolution before the average
        net.head = nn.Linear(net.head.in_channels, n_labels)
    try:
        with torch.no_grad():
            if p.size is not None:  # its own size needs no trial
                net.eval()(torch.zeros(1, *input_shape))
    except RuntimeError as error:
        sides = f"{input_shape[1]} × {input_shape[2]}" if p.size == "as_is" else f"{p.size} × {p.size}"
        raise ValueError(f"{p.name} cannot take pictures of {sides} ({error}); set another size, or null") from None
    return net.train()


def published(p: Params, weights: dict[str, Tensor], meta: dict[str, Any]) -> dict[str, Tensor]:
    """torchvision's own state dict of `p.name`, trained on ImageNet, under the names of `build`'s network.

    Auxiliary heads and hidden layers that `p` does without are left out; unknown keys stay, for the reader to refuse.
    """
    theirs = _make(p, n_labels=1000)
    name_of = {id(tensor): name for name, tensor in _assembled(p, theirs).state_dict(keep_vars=True).items()}
    renamed = {name: name_of.get(id(tensor)) for name, tensor in theirs.state_dict(keep_vars=True).items()}
    counters = {name: torch.tensor(0) for name in renamed if name.endswith("num_batches_tracked")}  # none before 2018
    trunk = {OF_2017.sub(r"\1\2", name): w for name, w in weights.items() if name.split(".")[0] not in AUXILIARY}
    return {new: tensor for name, tensor in (counters | trunk).items() if (new := renamed.get(name, name))}


def _make(p: Params, n_labels: int) -> nn.Module:
    """torchvision's network itself, with random weights and no auxiliary heads."""
    options: dict[str, Any] = {"aux_logits": False, "init_weights": True} if p.name in HALVED else {}
    if p.name.startswith(ONE_SIZE):
        size = p.size or _transforms(p.name).crop_size[0]
        options = {"image_size": size} if p.name.startswith("vit") else {"input_size": (size, size)}
    return torchvision.models.get_model(p.name, weights=None, num_classes=n_labels, **options)


def _assembled(p: Params, net: nn.Module) -> nn.Sequential:
    """The layers of `net` as a `body` of blocks and a `head`."""
    layers, head = _chain(net, p.hidden, p.pool)
    return nn.Sequential(OrderedDict(body=nn.Sequential(Picture(p), *_blocks(layers)), head=head))


def _chain(net: nn.Module, hidden: bool, pool: str = "average") -> tuple[list[nn.Module], nn.Module]:
    """Layers of `net` as registered and called, with what it calls as functions, to an embedding (batch, dim); the last one."""
    parts: dict[str, Any] = dict(net.named_children())
    if "encoder" in parts and hidden:
        return [Tokens(net), *parts["encoder"].layers, parts["encoder"].ln, ClassToken()], parts["heads"][-1]
    *trunk, last = parts.items()
    layers = []
    for name, part in trunk:  # most networks consist of a long sequence
        layers += part if isinstance(part, nn.ModuleList | nn.Sequential) and not STAGE.fullmatch(name) else [part]
    tail = list(last[1]) if isinstance(last[1], nn.Sequential) else [last[1]]
    head = next(i for i in reversed(range(len(tail))) if isinstance(tail[i], nn.Linear | nn.Conv2d))
    if not hidden:
        return _bare(layers, tail[:head], tail[head], type(net).__name__, pool)
    if isinstance(net, torchvision.models.DenseNet):
        layers.append(nn.ReLU())
    if "flatten" not in parts and not any(isinstance(layer, nn.Flatten) for layer in tail):
        layers.append(nn.Flatten() if "avgpool" in parts else Pool())
    dropped = isinstance(tail[head], nn.Conv2d)  # SqueezeNet: what precedes its convolution is a dropout on the map
    return [*layers, *([] if dropped else tail[:head])], tail[head]


def _bare(
    trunk: list[nn.Module], between: list[nn.Module], last: nn.Module, name: str, pool: str
) -> tuple[list[nn.Module], nn.Linear]:
    """The trunk and its last map, averaged or flattened, without the hidden layers `between`; ValueError if there are none."""
    hidden = [layer for layer in between if isinstance(layer, nn.Linear)]
    if not isinstance(last, nn.Linear) or not hidden:
        raise ValueError(f"model.hidden is false, but {name} has no hidden layers in its classifier; leave it out")
    if pool == "none":
        return [*trunk, nn.Flatten()], nn.Linear(hidden[0].in_features, last.out_features)
    convolutions = [m for layer in trunk for m in layer.modules() if isinstance(m, nn.Conv2d)]
    layers = [layer for layer in trunk if not isinstance(layer, nn.AdaptiveAvgPool2d)]
    return [*layers, Pool()], nn.Linear(convolutions[-1].out_channels, last.out_features)


def _blocks(layers: list[nn.Module]) -> Iterator[nn.Module]:
    """`layers` in groups: what has no weights, or only normalises, belongs to the layer before it."""
    group: list[nn.Module] = []
    for layer in layers:
        if group and any(True for _ in layer.parameters()) and not isinstance(layer, NORMS):
            yield nn.Sequential(*group)
            group = []
        group.append(layer)
    yield nn.Sequential(*group)


def _transforms(name: str) -> Any:
    """What torchvision does to a picture before this network: crop_size, mean and std."""
    return torchvision.models.get_model_weights(name).DEFAULT.transforms()
