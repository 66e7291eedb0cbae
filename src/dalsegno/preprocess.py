"""What a model does to stored data before its network: part of the model, so that a checkpoint is complete.

Everything learnt from data (means, deviations, principal components) is learnt from the training part of a fold and kept
as buffers.
"""

from typing import Literal

import torch
from torch import Tensor, nn

Normalisation = Literal["dataset", "bin", "clip", "minmax"]


class Standardise(nn.Module):
    """(x - mean) / std with figures of the training part, which broadcast against x (batch, …)."""

    def __init__(self, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", torch.where(std > 1e-6, std, torch.ones_like(std)))  # a constant stays at 0

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.std


class PerClip(nn.Module):
    """Each example by its own figures: `clip` to mean 0 and deviation 1, `minmax` to [0, 1]."""

    def __init__(self, kind: Literal["clip", "minmax"]) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(1)
        shape = (-1, *[1] * (x.ndim - 1))
        if self.kind == "minmax":
            low, high = flat.amin(1).view(shape), flat.amax(1).view(shape)
            return (x - low) / (high - low).clamp_min(1e-6)
        return (x - flat.mean(1).view(shape)) / flat.std(1, correction=0).view(shape).clamp_min(1e-6)


class Pca(nn.Module):
    """Projection of standardised features on their first principal components, scaled to unit variance.

    x: training rows (row, feature) after standardisation. share: keep the fewest components that explain this share of
    the variance (seed 002: 0.95).
    """

    def __init__(self, x: Tensor, share: float) -> None:
        super().__init__()
        _, deviations, axes = torch.linalg.svd(x.double() - x.double().mean(0), full_matrices=False)
        explained = (deviations**2).cumsum(0) / (deviations**2).sum()
        n = min(int((explained < share).sum()) + 1, len(deviations))
        scale = (deviations[:n] / len(x) ** 0.5).clamp_min(1e-6)
        self.register_buffer("axes", (axes[:n] / scale[:, None]).T.float().contiguous())

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.axes


class Model(nn.Module):
    """Preprocessing and network as one: stored data in, logits (batch, label) out."""

    def __init__(self, prep: nn.Module, net: nn.Module) -> None:
        super().__init__()
        self.prep, self.net = prep, net

    def forward(self, x: Tensor) -> Tensor:
        return self.net(self.prep(x))


def normalise(kind: Normalisation, mean: Tensor, std: Tensor) -> nn.Module:
    """The module for `view.normalise`. mean, std: (bin,) over the training part's frames.

    dataset: one mean and deviation for all bins; bin: each bin its own, a deviation of at least a quarter of the mean
    one, lest a bin that is nearly always silent drown the others; clip and minmax: each example its own.
    """
    if kind in ("clip", "minmax"):
        return PerClip(kind)
    if kind == "dataset":
        std = (std.square().mean() + mean.var(correction=0)).sqrt()
        return Standardise(mean.mean(), std)
    return Standardise(mean[:, None], std.clamp_min(std.mean() / 4)[:, None])
