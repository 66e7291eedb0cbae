"""Change training batches at random on the device they lie on; every sample draws for itself.

Batches come as they are stored, before the preprocessing of the model: spectrograms in the unit of their store, waveforms
linear, tables in the unit of each feature. `Scale` says what these units are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.params import section
from dalsegno.pipeline.refusals import ReadWhere
from dalsegno.training import memory
from dalsegno.training.views import transforms
from dalsegno.training.views.transforms import Batch, SoftLabels

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Size = Annotated[float, Field(ge=0, le=1e15)]
Decibels = Annotated[float, Field(ge=0, le=200)]


@section
class Params:
    """`augment:` of an entry. All are off by default, and done in the order in which they stand here, mixup last."""

    gain_db: Decibels = 0.0  # louder or softer by up to so many dB: added to a spectrogram, multiplied into a waveform
    equaliser_db: Decibels = 0.0  # each band louder or softer by up to so many dB, as if mastered or recorded elsewhere
    contrast_share: Share = 0.0  # distances from a channel's mean stretched or shrunk by up to this share: compression
    time_shift_share: Share = 0.0  # moved along time by up to this share of the length; what leaves comes in again
    rotation_degrees: Annotated[float, Field(ge=0, le=180)] = 0.0  # picture turned by up to so many degrees
    noise_std: Size = 0.0  # white noise of up to so many deviations: of the channel; of the feature in training
    time_masks: Count = 0  # stretches of time wiped out
    time_mask_share: Annotated[Share, ReadWhere("time_masks")] = 0.1  # longest of them, share of the length
    frequency_masks: Count = 0  # bands wiped out
    frequency_mask_share: Annotated[Share, ReadWhere("frequency_masks")] = 0.1  # widest of them, share of the bins
    mixup_alpha: Size = 0.0  # samples mixed in pairs, by a share from Beta(alpha, alpha)


@dataclass(frozen=True)
class Scale:
    """The units of a batch.

    std: of each feature of a table, over the training part. db_per_unit: of spectrograms, the number of dB in one unit
    of the store, for all channels or one by one; None where a unit is not a number of dB, as of phases.
    """

    std: Float[Tensor, " feature"] | None = None
    db_per_unit: float | Sequence[float | None] | None = None

    def db_tensor(self, x: Batch) -> Float[Tensor, ""] | Float[Tensor, "channel 1 1"]:
        """db_per_unit as it goes with spectrograms x (batch, channel, bin, frame); 1 where there is none."""
        value = torch.tensor(1.0 if self.db_per_unit is None else self.db_per_unit, dtype=x.dtype)
        value = memory.sent(value, x.device)
        return value.view(-1, 1, 1) if value.ndim else value


KINDS = {2: "tables", 3: "waveforms", 4: "spectrograms"}  # by the number of axes of a batch
TAKEN_BY = {  # number of axes of a batch that can be augmented so
    "gain_db": (3, 4),
    "equaliser_db": (4,),
    "contrast_share": (4,),
    "time_shift_share": (3, 4),
    "rotation_degrees": (4,),
    "time_masks": (3, 4),
    "frequency_masks": (4,),
}
IN_DB = ("gain_db", "equaliser_db")


def check(p: Params, shape: Sequence[int], scale: Scale) -> None:
    """Raise UserError if `p` asks for changes that examples of `shape` cannot take, or that would change nothing.

    shape: (feature,), (channel, sample) or (channel, bin, frame).
    """
    n_axes = len(shape) + 1
    refused = [name for name, axes in TAKEN_BY.items() if getattr(p, name) and n_axes not in axes]
    if refused:
        taken = [name for name in ("mixup_alpha", "noise_std", *TAKEN_BY) if n_axes in TAKEN_BY.get(name, (n_axes,))]
        raise UserError(
            f"augment: {KINDS[n_axes]} cannot be augmented by {', '.join(refused)}; set it to 0, or use {', '.join(taken)}"
        )
    if n_axes == 4:
        _check_levels(p, scale)
    _check_sizes(p, shape)


def _check_levels(p: Params, scale: Scale) -> None:
    """Raise UserError if `p` changes levels of a spectrogram whose unit, in some channel, is not a number of dB."""
    per_channel = isinstance(scale.db_per_unit, Sequence) and None in scale.db_per_unit
    needs = IN_DB if scale.db_per_unit is None else (*IN_DB, "contrast_share") if per_channel else ()
    refused = [f"augment.{name}" for name in needs if getattr(p, name)]
    if refused:
        where = (
            "one of its channels, such as the phase, holds no levels"
            if per_channel
            else "its unit is not a number of dB"
        )
        raise UserError(
            f"{', '.join(refused)} cannot be applied to this spectrogram: {where} (db_per_unit in its meta.json); set it to 0"
        )


def _check_sizes(p: Params, shape: Sequence[int]) -> None:
    """Raise UserError for a mask that is narrower than one bin or frame, or a shift of less than half a frame."""
    sizes = [
        ("time_masks", "time_mask_share", shape[-1], "frames", 1.0),
        ("frequency_masks", "frequency_mask_share", shape[-2] if len(shape) > 1 else 0, "bins", 1.0),
        ("time_shift_share", "time_shift_share", shape[-1], "frames", 0.5),
    ]
    for switch, name, length, unit, least in sizes:
        share = getattr(p, name)
        if getattr(p, switch) and share * length < least:
            raise UserError(
                f"augment.{name}: {share:g} of {length} {unit} is less than {least:g}, so nothing would be changed; give at "
                f"least {math.ceil(least / length * 1e4) / 1e4:g}, or set {switch} to 0"
            )


@torch.no_grad()
def augment(x: Batch, y: SoftLabels, p: Params, generator: torch.Generator, scale: Scale) -> tuple[Batch, SoftLabels]:
    """Batch and soft labels, augmented as `p` says; `generator` lives on x's device and decides everything.

    Returns x and y themselves where nothing is asked for. Raises UserError as `check` does.
    """
    check(p, x.shape[1:], scale)
    db_per_unit = scale.db_tensor(x) if p.gain_db or p.equaliser_db else x.new_ones(())
    if p.gain_db:
        x = transforms.gain(x, p.gain_db, db_per_unit, generator)
    if p.equaliser_db:
        x = transforms.equalise(x, p.equaliser_db, db_per_unit, generator)
    if p.contrast_share:
        x = transforms.stretch(x, p.contrast_share, generator)
    if p.time_shift_share:
        x = transforms.shift(x, p.time_shift_share, generator)
    if p.rotation_degrees:
        x = transforms.rotate(x, p.rotation_degrees, generator)
    if p.noise_std:
        x = transforms.add_noise(x, p.noise_std, _deviation(x, scale), generator)
    if p.time_masks:
        x = transforms.mask(x, -1, p.time_masks, p.time_mask_share, generator)
    if p.frequency_masks:
        x = transforms.mask(x, -2, p.frequency_masks, p.frequency_mask_share, generator)
    return transforms.mix(x, y, p.mixup_alpha, generator) if p.mixup_alpha else (x, y)


def _deviation(x: Batch, scale: Scale) -> Float[Tensor, "*std"]:
    """The standard deviation that noise is measured by: of each feature in training; of each channel of each sample."""
    if x.ndim > 2:
        return x.std(tuple(range(2, x.ndim)), keepdim=True)
    if scale.std is None:
        raise ValueError("noise on a table needs the deviation of each feature over the training part")
    return scale.std
