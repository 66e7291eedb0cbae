# ruff: noqa: F821 (shapes are written as strings)
"""What a model does to stored data before its network: part of the model, so that a checkpoint is complete.

Everything learnt from data (means, deviations, principal components) is learnt from the training part of a fold and kept
as buffers.
"""

from typing import Annotated, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from dalsegno.pipeline import headless

Normalisation = Literal["dataset", "bin", "clip", "minmax", "none"]
Channels = Literal["one", "repeat", "colour", "deltas"]
Count = Annotated[int, Field(ge=1)]
Size = tuple[Count, Count]  # bins, frames


class Standardise(nn.Module):
    """(x - mean) / std with the mean and deviation of the training part, which broadcast against x (batch, …)."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Float[Tensor, "*shape"], std: Float[Tensor, "*shape"]) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", torch.where(std > 1e-6, std, torch.ones_like(std)))  # a constant stays at 0

    def forward(self, x: Float[Tensor, "batch *shape"]) -> Float[Tensor, "batch *shape"]:
        return (x - self.mean) / self.std


class PerClip(nn.Module):
    """Each channel of each example by its own values: `clip` to mean 0 and deviation 1, `minmax` to [0, 1]."""

    def __init__(self, kind: Literal["clip", "minmax"]) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, x: Float[Tensor, "batch channel *shape"]) -> Float[Tensor, "batch channel *shape"]:
        flat = x.flatten(2)
        shape = (*x.shape[:2], *[1] * (x.ndim - 2))
        if self.kind == "minmax":
            low, high = flat.amin(2).view(shape), flat.amax(2).view(shape)
            return (x - low) / (high - low).clamp_min(1e-6)
        return (x - flat.mean(2).view(shape)) / flat.std(2, correction=0).view(shape).clamp_min(1e-6)


class Resize(nn.Module):
    """Scale pictures (batch, channel, bin, frame) to `size` (bins, frames), smoothing what shrinks."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Float[Tensor, "batch channel bin frame"]) -> Float[Tensor, "batch channel new_bin new_frame"]:
        return F.interpolate(x, self.size, mode="bilinear", antialias=True)


class Repeat(nn.Module):
    """The one channel three times, for networks that take colours."""

    def forward(self, x: Float[Tensor, "batch 1 bin frame"]) -> Float[Tensor, "batch 3 bin frame"]:
        return x.expand(-1, 3, -1, -1)


class Colour(nn.Module):
    """Values in [0, 1] painted by matplotlib's magma: red, green and blue in [0, 1]."""

    table: Tensor

    def __init__(self) -> None:
        super().__init__()
        with headless.no_backend():
            import matplotlib  # half a second, which other models need not wait for

        table = torch.tensor(matplotlib.colormaps["magma"](range(256))[:, :3], dtype=torch.float32)
        self.register_buffer("table", table)

    def forward(self, x: Float[Tensor, "batch 1 bin frame"]) -> Float[Tensor, "batch 3 bin frame"]:
        return self.table[(x[:, 0] * 256).long().clamp(0, 255)].movedim(-1, 1)


class Deltas(nn.Module):
    """A spectrogram, its slope over time and the slope of that, as three channels.

    The slope is that of a line through nine frames, as in `librosa.feature.delta` (Furui 1986, equation 1); beyond the
    ends the outermost frame goes on.
    """

    WIDTH = 9
    slope: Tensor

    def __init__(self) -> None:
        super().__init__()
        step = torch.arange(self.WIDTH, dtype=torch.float32) - self.WIDTH // 2
        self.register_buffer("slope", (step / step.square().sum()).view(1, 1, 1, -1))

    def forward(self, x: Float[Tensor, "batch 1 bin frame"]) -> Float[Tensor, "batch 3 bin frame"]:
        first = self._delta(x)
        return torch.cat([x, first, self._delta(first)], 1)

    def _delta(self, x: Float[Tensor, "batch 1 bin frame"]) -> Float[Tensor, "batch 1 bin frame"]:
        beside = self.WIDTH // 2
        return F.conv2d(F.pad(x, (beside, beside, 0, 0), mode="replicate"), self.slope)


class Pca(nn.Module):
    """Projection of standardised features on their first principal components."""

    axes: Tensor

    def __init__(self, axes: Float[Tensor, "feature component"]) -> None:
        super().__init__()
        self.register_buffer("axes", axes)

    @classmethod
    def fitted(cls, x: Float[Tensor, "row feature"], share: float, whiten: bool = True) -> "Pca":
        """x: training rows after standardisation. share: keep the fewest components that explain this share of the
        variance (0.95 in recipes/unm_convolneunet.yaml), of those with any. whiten: scale each component to unit variance.
        """
        _, deviations, axes = torch.linalg.svd(x.double() - x.double().mean(0), full_matrices=False)
        explained = (deviations**2).cumsum(0) / (deviations**2).sum()
        n_varying = int((deviations > max(x.shape) * torch.finfo(x.dtype).eps * deviations[0]).sum())  # the rank of x
        n = max(1, min(int((explained < share).sum()) + 1, n_varying))
        scale = (deviations[:n] / len(x) ** 0.5).clamp_min(1e-6) if whiten else torch.ones_like(deviations[:n])
        return cls((axes[:n] / scale[:, None]).T.float().contiguous())

    def forward(self, x: Float[Tensor, "row feature"]) -> Float[Tensor, "row component"]:
        return x @ self.axes


CHANNELS = {"repeat": Repeat, "colour": Colour, "deltas": Deltas}


def spectrograms(
    kind: Normalisation,
    mean: Float[Tensor, "*channel bin"],
    std: Float[Tensor, "*channel bin"],
    resize: Size | None = None,
    channels: Channels = "one",
) -> nn.Module:
    """The module for a `view:`, in this order: normalise, resize, channels. mean, std: as for `normalise`."""
    steps = [normalise(kind, mean, std)]
    steps += [Resize((resize[0], resize[1]))] if resize else []
    steps += [CHANNELS[channels]()] if channels != "one" else []
    return nn.Sequential(*steps) if len(steps) > 1 else steps[0]


def normalise(
    kind: Normalisation, mean: Float[Tensor, "*channel bin"], std: Float[Tensor, "*channel bin"]
) -> nn.Module:
    """The module for `view.normalise`. mean, std: ([channel,] bin) over the training part's frames.

    dataset: one mean and deviation for all bins of a channel; bin: each bin its own, a deviation of at least a quarter
    of the mean one, lest a bin that is nearly always silent drown the others; clip and minmax: each example its own;
    none: values stay in the unit of the store.
    """
    if kind == "none":
        return nn.Identity()
    if kind in ("clip", "minmax"):
        return PerClip(kind)
    if kind == "dataset":
        each = (-1, 1, 1) if mean.ndim > 1 else ()
        std = (std.square().mean(-1) + mean.var(-1, correction=0)).sqrt()
        return Standardise(mean.mean(-1).reshape(each), std.reshape(each))
    return Standardise(mean[..., None], std.clamp_min(std.mean(-1, keepdim=True) / 4)[..., None])
