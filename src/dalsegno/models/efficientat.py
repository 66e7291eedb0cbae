"""EfficientAT's MobileNets (Schmid, Koutini, Widmer 2023, arXiv 2211.04772): MobileNetV3-Large for audio tagging.

Their mn04, mn10 and mn40 are widths 0.4, 1 and 4. What they published (github.com/fschmid56/EfficientAT, MIT; its release
v0.0.1 has files such as `mn04_as_mAP_432.pt`, trained on AudioSet) fits as it is, over spectrograms of kind
`efficientat`. The embedding is their `features`: 960 × width values per clip, averaged over bands and time.
"""

from collections import OrderedDict
from functools import partial
from typing import Annotated, Any

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from dalsegno.pipeline.params import section

NORMALISE = "none"  # the front end has scaled already
RECORDINGS = {"": "AudioSet"}
LEAST = 17  # bins and frames that the five halvings still shrink
BLOCKS = (  # MobileNetV3-Large (Howard et al. 2019, Table 1): kernel, expanded, out, squeeze, activation, stride
    (3, 16, 16, False, nn.ReLU, 1),
    (3, 64, 24, False, nn.ReLU, 2),
    (3, 72, 24, False, nn.ReLU, 1),
    (5, 72, 40, True, nn.ReLU, 2),
    (5, 120, 40, True, nn.ReLU, 1),
    (5, 120, 40, True, nn.ReLU, 1),
    (3, 240, 80, False, nn.Hardswish, 2),
    (3, 200, 80, False, nn.Hardswish, 1),
    (3, 184, 80, False, nn.Hardswish, 1),
    (3, 184, 80, False, nn.Hardswish, 1),
    (3, 480, 112, True, nn.Hardswish, 1),
    (3, 672, 112, True, nn.Hardswish, 1),
    (5, 672, 160, True, nn.Hardswish, 2),
    (5, 960, 160, True, nn.Hardswish, 1),
    (5, 960, 160, True, nn.Hardswish, 1),
)
STEM, WIDEST, HIDDEN = 16, 960, 1280  # channels of the first convolution, of the last, and of the head, at width 1
RENAMED = {"features.": "body.", "conc_se_layers.0.": "", "classifier.2.": "head.0.", "classifier.5.": "head.3."}


@section
class Params:
    """`model:` of `arch: efficientat`."""

    width: Annotated[float, Field(gt=0, le=100)] = 1.0  # share of MobileNetV3-Large's: 0.4 is mn04, 1 mn10, 4 mn40
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2  # before the logits


class Squeeze(nn.Module):
    """Weigh the channels by their averages over the picture (squeeze and excitation, Hu et al. 2018)."""

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        n_squeezed = _whole(n_channels // 4)
        self.fc1, self.fc2 = nn.Linear(n_channels, n_squeezed), nn.Linear(n_squeezed, n_channels)

    def forward(self, x: Float[Tensor, "batch channel bin frame"]) -> Float[Tensor, "batch channel bin frame"]:
        """Each channel times its weight, between 0 and 1."""
        weights = self.fc2(self.fc1(x.mean((2, 3))).relu()).sigmoid()
        return x * weights[:, :, None, None]


class Inverted(nn.Module):
    """An inverted residual: widen, filter each channel by itself, weigh, narrow; around it a way where shapes allow."""

    def __init__(self, n_in: int, kernel: int, n_wide: int, n_out: int, squeeze: bool, act: type, stride: int) -> None:
        super().__init__()
        layers = [_conv(n_in, n_wide, 1, act)] if n_wide != n_in else []
        layers.append(_conv(n_wide, n_wide, kernel, act, stride, groups=n_wide))
        layers += [Squeeze(n_wide)] if squeeze else []
        self.block = nn.Sequential(*layers, _conv(n_wide, n_out, 1))
        self.residual = (stride, n_in) == (1, n_out)

    def forward(
        self, x: Float[Tensor, "batch channel bin frame"]
    ) -> Float[Tensor, "batch channel_out bin_out frame_out"]:
        """The block's output, plus its input where that fits."""
        return x + self.block(x) if self.residual else self.block(x)


class Pool(nn.Module):
    """The average of each channel over bands and time."""

    def forward(self, x: Float[Tensor, "batch channel bin frame"]) -> Float[Tensor, "batch channel"]:
        """One value per channel."""
        return x.mean((2, 3))


def build(p: Params, input_shape: tuple[int, ...], n_labels: int) -> nn.Module:
    """Map spectrograms of any length, (batch, channel, bin, frame), to logits, (batch, label).

    Raises ValueError if input_shape is not (channels, bins, frames), or so small that a stride would halve one cell.
    """
    if len(input_shape) != 3:
        raise ValueError(f"efficientat takes spectrograms, input shape (channels, bins, frames); got {input_shape}")
    n_in, bins, frames = input_shape
    if min(bins, frames) < LEAST:
        raise ValueError(
            f"efficientat shrinks its input 32-fold and takes at least {LEAST} bins × {LEAST} frames; got {bins} × "
            f"{frames}: give it longer segments"
        )
    n = partial(_channels, p.width)
    blocks: list[nn.Module] = [_conv(n_in, n(STEM), 3, nn.Hardswish, stride=2)]
    before = n(STEM)
    for kernel, n_wide, n_out, squeeze, activation, stride in BLOCKS:
        blocks.append(Inverted(before, kernel, n(n_wide), n(n_out), squeeze, activation, stride))
        before = n(n_out)
    last = _conv(before, 6 * before, 1, nn.Hardswish).append(Pool())
    hidden = [nn.Linear(6 * before, n(HIDDEN)), nn.Hardswish(), nn.Dropout(p.dropout)]
    head = nn.Sequential(*hidden, nn.Linear(n(HIDDEN), n_labels))
    model = nn.Sequential(OrderedDict(body=nn.Sequential(*blocks, last), head=head))
    for module in model.modules():
        if isinstance(module, nn.Conv2d):  # by the fan-in: theirs, by the fan-out, all but mutes depthwise convolutions
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return model


def published(p: Params, weights: dict[str, Tensor], meta: dict[str, Any]) -> dict[str, Tensor]:
    """EfficientAT's own state dict under the names of `build`'s network, the head's 527 AudioSet classes included.

    meta: of the spectrograms. Raises ValueError if those are of another kind, or the weights of another width or head.
    """
    if meta["kind"] != "efficientat":
        raise ValueError(
            f"these weights know spectrograms of kind 'efficientat' (32 kHz, 128 mels), but the input is of kind "
            f"{meta['kind']!r} with {meta['bins']} bins; add an entry of kind: efficientat to spectrograms and name it"
        )
    last = weights.get(f"features.{len(BLOCKS) + 1}.0.weight")
    if last is None or not all(name.startswith(tuple(RENAMED)) for name in weights):
        unknown = [name for name in weights if not name.startswith(tuple(RENAMED))] or list(weights)
        raise ValueError(
            "not a MobileNet of EfficientAT with its MLP head (mn04_as, mn10_as, mn40_as, …): it has "
            f"{len(weights)} tensors, such as {', '.join(unknown[:5])}"
        )
    if len(last) != 6 * _channels(p.width, 160):
        raise ValueError(
            f"weights of width {len(last) / WIDEST:g} (embeddings of {len(last)} values), but the model's width is "
            f"{p.width:g}; set model.width to {len(last) / WIDEST:g}"
        )
    return {_renamed(name): tensor for name, tensor in weights.items()}


def _renamed(name: str) -> str:
    for theirs, ours in RENAMED.items():
        name = name.replace(theirs, ours)
    return name


def _conv(
    n_in: int, n_out: int, kernel: int, activation: type | None = None, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Convolution, batch norm, activation.

    The norm has PyTorch's momentum: with theirs, 0.01, statistics still lean to their start after a hundred batches.
    """
    conv = nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(n_out, eps=1e-3), *([activation()] if activation else []))


def _channels(width: float, n: int) -> int:
    return _whole(n * width)


def _whole(n: float) -> int:
    """The multiple of 8 nearest to n, at least 8 and at least nine tenths of n (Sandler et al. 2018)."""
    whole = max(8, int(n + 4) // 8 * 8)
    return whole + 8 if whole < 0.9 * n else whole
