"""The random changes that augmentation is made of: each takes a batch and draws for every sample on its own."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

Batch = Float[Tensor, "batch *shape"]
Pictures = Float[Tensor, "batch channel bin frame"]
SoftLabels = Float[Tensor, "batch label"]
LEAST_ALPHA = 0.01


def gain(x: Batch, gain_db: float, db_per_unit: Float[Tensor, "*ones"], generator: torch.Generator) -> Batch:
    """Louder or softer by up to `gain_db`: added to spectrograms in their unit, multiplied into waveforms."""
    db = _between(x, -gain_db, gain_db, generator)
    return x + db / db_per_unit if x.ndim == 4 else x * 10 ** (db / 20)


def equalise(x: Pictures, most_db: float, db_per_unit: Float[Tensor, "*ones"], generator: torch.Generator) -> Pictures:
    """Gains at five heights, equally far apart, and between them on a line (FilterAugment, arXiv 2110.03282, §3)."""
    draw = torch.rand((len(x), 1, 5), generator=generator, device=x.device, dtype=x.dtype)
    db = functional.interpolate(most_db * (2 * draw - 1), x.shape[-2], mode="linear", align_corners=True)
    return x + db[..., None] / db_per_unit


def stretch(x: Pictures, share: float, generator: torch.Generator) -> Pictures:
    """Move the values of each channel away from their mean, or towards it, by up to `share` of the distance."""
    mean = x.mean((2, 3), keepdim=True)
    return mean + (x - mean) * _between(x, 1 - share, 1 + share, generator)


def shift(x: Batch, share: float, generator: torch.Generator) -> Batch:
    """Move each sample along its last axis by up to `share` of it; the end that leaves comes in again at the start."""
    n = x.shape[-1]
    by = _between(x, -share * n, share * n, generator).round().long()
    at = (torch.arange(n, device=x.device) - by) % n
    return x.gather(-1, at.expand_as(x))


def rotate(x: Pictures, degrees: float, generator: torch.Generator) -> Pictures:
    """Turn each picture about its middle by an angle of its own; corners get the lowest value of their channel."""
    bins, frames = x.shape[-2:]
    angle = torch.deg2rad(_between(x, -degrees, degrees, generator)).flatten()
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    # affine_grid's axes both run from -1 to 1, so a turn in cells is sheared by the ratio of the sides
    rows = [torch.stack([cos, -sin * bins / frames, zero], 1), torch.stack([sin * frames / bins, cos, zero], 1)]
    grid = functional.affine_grid(torch.stack(rows, 1), list(x.shape), align_corners=False)
    floor = x.amin((2, 3), keepdim=True)
    return functional.grid_sample(x - floor, grid, align_corners=False) + floor


def add_noise(x: Batch, most: float, std: Float[Tensor, "*std"], generator: torch.Generator) -> Batch:
    """Add white noise of up to `most` times `std`, which broadcasts against x."""
    level = _between(x, 0.0, most, generator) * std
    return x + level * torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)


def mask(x: Batch, axis: int, n_masks: int, share: float, generator: torch.Generator) -> Batch:
    """Wipe out stretches of an axis (SpecAugment, Park et al. 2019, arXiv 1904.08779, §2).

    Masked values become the mean of the bin over the batch, which standardisation makes 0. One number for all bins
    would stand hundreds of deviations out of a bin that hardly varies, and nothing would be learnt.
    """
    n = x.shape[axis]
    draw = torch.rand((2, len(x), n_masks, 1), generator=generator, device=x.device)
    width = (draw[0] * (share * n + 1)).floor().clamp_max(math.floor(share * n))
    start = (draw[1] * (n - width + 1)).floor()
    at = torch.arange(n, device=x.device)
    masked = ((at >= start) & (at < start + width)).any(1)
    shape = [len(x)] + [1] * (x.ndim - 1)
    shape[axis] = n
    return torch.where(masked.view(shape), x.mean((0, -1), keepdim=True), x)


def mix(x: Batch, y: SoftLabels, alpha: float, generator: torch.Generator) -> tuple[Batch, SoftLabels]:
    """Mix each sample with another one, and its labels alike (Zhang et al. 2018, arXiv 1710.09412, equation 1).

    Below LEAST_ALPHA nothing is mixed, as nearly every share is 0 or 1 there, of which the sampler makes a half.
    """
    if alpha < LEAST_ALPHA:
        return x, y
    other = torch.randperm(len(x), generator=generator, device=x.device)
    pair = torch.full((len(x), 2), alpha, device=x.device)
    # torch.distributions.Beta takes no generator
    share = torch._sample_dirichlet(pair, generator)[:, 0]  # pyright: ignore[reportPrivateImportUsage]
    own = share.view(-1, *[1] * (x.ndim - 1)).to(x.dtype)
    return own * x + (1 - own) * x[other], share[:, None] * y + (1 - share[:, None]) * y[other]


def _between(x: Batch, low: float, high: float, generator: torch.Generator) -> Tensor:
    """One number for each sample, uniform from low to high, shaped (batch, 1, …) to go with x."""
    draw = torch.rand((len(x), *[1] * (x.ndim - 1)), generator=generator, device=x.device, dtype=x.dtype)
    return low + (high - low) * draw
