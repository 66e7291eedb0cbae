# ruff: noqa: F821 (shapes are written as strings)
"""Change training batches at random on the device they lie on; every sample draws for itself.

Values are expected in dB for spectrograms and linear for waveforms and tables, before or after standardisation: masks
are filled with the mean of the bin and borders from the sample itself, so only `gain_db` and
`equaliser_db` must come while a spectrogram is in dB.
"""

import math
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.params import section

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Size = Annotated[float, Field(ge=0)]

Batch = Float[Tensor, "batch *shape"]
Pictures = Float[Tensor, "batch channel bin frame"]
SoftLabels = Float[Tensor, "batch label"]


@section
class Params:
    """`augment:` of an entry. All are off by default, and done in the order in which they stand here, mixup last."""

    gain_db: Size = 0.0  # louder or softer by up to so many dB: added to a spectrogram, multiplied into a waveform
    equaliser_db: Size = 0.0  # each band louder or softer by up to so many dB, as if mastered or recorded elsewhere
    contrast_share: Share = 0.0  # distances from the sample's mean stretched or shrunk by up to this share: compression
    time_shift_share: Share = 0.0  # moved along time by up to this share of the length; what leaves comes in again
    rotation_degrees: Annotated[float, Field(ge=0, le=180)] = 0.0  # picture turned by up to so many degrees
    noise_std: Size = 0.0  # white noise of up to so many standard deviations of the sample itself
    time_masks: Count = 0  # stretches of time wiped out
    time_mask_share: Share = 0.1  # longest of them, share of the length
    frequency_masks: Count = 0  # bands wiped out
    frequency_mask_share: Share = 0.1  # widest of them, share of the bins
    mixup_alpha: Size = 0.0  # samples mixed in pairs, by a share from Beta(alpha, alpha)


KINDS = {2: "tables", 3: "waveforms", 4: "spectrograms"}
TAKEN_BY = {  # number of axes of a batch that can be augmented so
    "gain_db": (3, 4),
    "equaliser_db": (4,),
    "contrast_share": (4,),
    "time_shift_share": (3, 4),
    "rotation_degrees": (4,),
    "time_masks": (3, 4),
    "frequency_masks": (4,),
}
LEVELS = ("gain_db", "equaliser_db", "contrast_share")  # what takes values to be levels, as phases are not


def check(p: Params, ndim: int) -> None:
    """Raise UserError if `p` asks for what a batch of `ndim` axes cannot take.

    2: (batch, feature); 3: (batch, channel, sample); 4: (batch, channel, bin, frame).
    """
    refused = [name for name, ndims in TAKEN_BY.items() if getattr(p, name) and ndim not in ndims]
    if refused:
        taken = [name for name in ("mixup_alpha", "noise_std", *TAKEN_BY) if ndim in TAKEN_BY.get(name, (ndim,))]
        raise UserError(
            f"augment: {KINDS[ndim]} cannot be augmented by {', '.join(refused)}; set it to 0, or use {', '.join(taken)}"
        )


@torch.no_grad()
def augment(x: Batch, y: SoftLabels, p: Params, generator: torch.Generator) -> tuple[Batch, SoftLabels]:
    """Batch and soft labels, augmented as `p` says; `generator` lives on x's device and decides everything.

    Returns x and y themselves where nothing is asked for. Raises UserError as `check` does.
    """
    check(p, x.ndim)
    if p.gain_db:
        x = _gain(x, p.gain_db, generator)
    if p.equaliser_db:
        x = _equaliser(x, p.equaliser_db, generator)
    if p.contrast_share:
        mean = x.mean((1, 2, 3), keepdim=True)
        x = mean + (x - mean) * _between(x, 1 - p.contrast_share, 1 + p.contrast_share, generator)
    if p.time_shift_share:
        x = _time_shift(x, p.time_shift_share, generator)
    if p.rotation_degrees:
        x = _rotation(x, p.rotation_degrees, generator)
    if p.noise_std:
        x = _noise(x, p.noise_std, generator)
    if p.time_masks:
        x = _mask(x, -1, p.time_masks, p.time_mask_share, generator)
    if p.frequency_masks:
        x = _mask(x, -2, p.frequency_masks, p.frequency_mask_share, generator)
    return _mixup(x, y, p.mixup_alpha, generator) if p.mixup_alpha else (x, y)


def _gain(x: Batch, gain_db: float, generator: torch.Generator) -> Batch:
    """Louder or softer by up to `gain_db`: added to spectrograms in dB, multiplied into waveforms."""
    db = _between(x, -gain_db, gain_db, generator)
    return x + db if x.ndim == 4 else x * 10 ** (db / 20)


def _equaliser(x: Pictures, most_db: float, generator: torch.Generator) -> Pictures:
    """Gains at five heights, equally far apart, and between them on a line (FilterAugment, arXiv 2110.03282, §3)."""
    draw = torch.rand((len(x), 1, 5), generator=generator, device=x.device, dtype=x.dtype)
    db = functional.interpolate(most_db * (2 * draw - 1), x.shape[-2], mode="linear", align_corners=True)
    return x + db[..., None]


def _time_shift(x: Batch, share: float, generator: torch.Generator) -> Batch:
    """Move each sample along its last axis by up to `share` of it; the end that leaves comes in again at the start."""
    n = x.shape[-1]
    by = _between(x, -share * n, share * n, generator).round().long()
    at = (torch.arange(n, device=x.device) - by) % n
    return x.gather(-1, at.expand_as(x))


def _rotation(x: Pictures, degrees: float, generator: torch.Generator) -> Pictures:
    """Turn each picture about its middle by an angle of its own; corners come in with its lowest value."""
    bins, frames = x.shape[-2:]
    angle = torch.deg2rad(_between(x, -degrees, degrees, generator)).flatten()
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    # affine_grid's axes both run from -1 to 1, so a turn in cells is sheared by the ratio of the sides
    rows = [torch.stack([cos, -sin * bins / frames, zero], 1), torch.stack([sin * frames / bins, cos, zero], 1)]
    grid = functional.affine_grid(torch.stack(rows, 1), list(x.shape), align_corners=False)
    floor = x.amin((1, 2, 3), keepdim=True)
    return functional.grid_sample(x - floor, grid, align_corners=False) + floor


def _noise(x: Batch, std: float, generator: torch.Generator) -> Batch:
    """Add white noise whose deviation is up to `std` times that of the sample itself."""
    own = x.std(tuple(range(1, x.ndim)), keepdim=True)
    level = _between(x, 0.0, std, generator) * own
    return x + level * torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)


def _mask(x: Batch, axis: int, n_masks: int, share: float, generator: torch.Generator) -> Batch:
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


def _mixup(x: Batch, y: SoftLabels, alpha: float, generator: torch.Generator) -> tuple[Batch, SoftLabels]:
    """Mix each sample with another one, and its labels alike (Zhang et al. 2018, arXiv 1710.09412, equation 1)."""
    other = torch.randperm(len(x), generator=generator, device=x.device)
    pair = torch.full((len(x), 2), alpha, device=x.device)
    share = torch._sample_dirichlet(pair, generator)[:, 0]  # torch.distributions.Beta takes no generator
    own = share.view(-1, *[1] * (x.ndim - 1)).to(x.dtype)
    return own * x + (1 - own) * x[other], share[:, None] * y + (1 - share[:, None]) * y[other]


def _between(
    x: Float[Tensor, "batch *shape"], low: float, high: float, generator: torch.Generator
) -> Float[Tensor, "batch *ones"]:
    """One number for each sample, uniform from low to high, shaped to go with x."""
    draw = torch.rand((len(x), *[1] * (x.ndim - 1)), generator=generator, device=x.device, dtype=x.dtype)
    return low + (high - low) * draw
