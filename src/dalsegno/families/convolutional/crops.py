"""A spectrogram store as tensors on the training device: crops to train on, windows to evaluate on.

Clips are stored whole, so each model may see its own pieces of them (`view:`), and changing that repeats no audio work.
"""

import copy
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

from dalsegno.artefacts import spectrogram_store
from dalsegno.artefacts.learning import pieces
from dalsegno.families.convolutional.frames import Frames
from dalsegno.families.convolutional.shown import Shown, frames_of
from dalsegno.families.convolutional.view import View, check, check_lengths, compare_lengths
from dalsegno.pipeline.errors import UserError
from dalsegno.training.views import augment


class Crops(Shown):
    """Views of stored spectrograms: a `training.source.Source`.

    x is (batch, channel, bin, frame), or (batch, 1, sample) for a waveform, in the store's unit (dB, or amplitude).
    keep: clip ids to use; None: all. Clips shorter than the crop are padded at the end with the store's floor: silence.
    Without `view.crop_s` a crop is as long as the longest clip; `for_training` makes it that of the training clips.
    Raises UserError if the view does not go with the store, or if none of the clips is stored.
    """

    def __init__(self, folder: str | Path, view: View, keep: set[str] | None, device: torch.device) -> None:
        stored = spectrogram_store.open(folder)
        index = stored.index.sort_index() if keep is None else _pieces(stored.index, keep)
        if index.empty:
            raise UserError(f"{folder}: none of its clips is in the splits")
        check(view.resize, view.channels, stored.meta, folder)
        self.scale = augment.Scale(db_per_unit=stored.meta.get("db_per_unit"))
        self.folder, self._by_length = folder, {}
        crop = frames_of(view.crop_s, stored.meta) if view.crop_s else None
        super().__init__(Frames(stored, device), view, index, crop)
        check_lengths(self.view, self.n_frames, self.crop, self.meta["frame_rate_hz"], folder)

    @property
    def streamed(self) -> bool:
        """As of `Frames`."""
        return self.frames.streamed

    def for_training(self, train_ids: list[str]) -> "Crops":
        """The same clips as a network sees them that is trained on `train_ids`: where `view.crop_s` is null, crops are as
        long as the longest of them, or the longest part of one. A longer clip is then seen in windows, or whole.
        """
        if self.view.crop_s:
            return self
        n_frames = self.n_frames[self.examples(train_ids)[0]]
        longest = int(n_frames.max())
        if longest not in self._by_length:
            self._by_length[longest] = crops = copy.copy(self)
            crops._by_length = {}  # would else lead back to them, and keep their frames on a GPU when nobody needs them
            crops._set_crop(longest)
            compare_lengths(self.view, n_frames, self.meta["frame_rate_hz"], self.folder)
        return self._by_length[longest]

    def _set_crop(self, n_frames: int) -> None:
        """Make crops `n_frames` long."""
        super()._set_crop(n_frames)
        self.input_shape = tuple(self.take(torch.tensor([0]))[0].shape)

    def take(
        self, examples: Int[Tensor, " batch"], generator: torch.Generator | None = None
    ) -> Float[Tensor, "batch channel *shape"]:
        """A crop of each of `examples`, at a random place if there is a generator, else from its beginning."""
        start, n_frames = self.start[examples], self.n_frames[examples]
        if generator is not None:
            room = (n_frames - self.crop).clamp_min(0) + 1
            offset = (torch.rand(len(examples), generator=generator, dtype=torch.float64) * room).long()
            start, n_frames = start + offset, n_frames - offset
        return self.frames.cut(start, n_frames, self.crop)

    def example(self) -> Float[Tensor, "2 channel *shape"]:
        """Two crops, for a network to take its sizes from."""
        return self.take(torch.tensor([0, 0]))

    def longest(self) -> Float[Tensor, "1 channel *shape"]:
        """The largest view that `evaluation` gives of a clip, alone in a batch."""
        return self.cut(max(self.batches(self.clip_ids, 1), key=lambda batch: batch.length))

    def moments(self, clip_ids: list[str]) -> tuple[Float[Tensor, "*channel bin"], Float[Tensor, "*channel bin"]]:
        """Mean and standard deviation ([channel,] bin) over all frames of `clip_ids`, in the store's unit."""
        count, total, square = 0, *torch.zeros(2, dtype=torch.float64, device=self.device)
        for i in self.examples(clip_ids)[0].tolist():
            x = self.frames.all_of(int(self.start[i]), int(self.n_frames[i])).double()
            count, total, square = count + x.shape[-2], total + x.sum(-2), square + x.square().sum(-2)
        mean = total / count
        return mean.float(), (square / count - mean.square()).clamp_min(0).sqrt().float()


def _pieces(index: pd.DataFrame, keep: set[str]) -> pd.DataFrame:
    """Start and n_frames of each clip, or piece of a clip, in `keep` whose clip is stored; sorted by id."""
    ids = sorted(i for i in keep if pieces.clip_of(i) in index.index)
    clip, k, n = zip(*map(pieces.place, ids), strict=True) if ids else ((), (), ())
    whole, k, n = index.loc[list(clip)], np.array(k, int), np.array(n, int)
    low, high = whole["n_frames"].to_numpy() * k // n, whole["n_frames"].to_numpy() * (k + 1) // n
    return pd.DataFrame({"start": whole["start"].to_numpy() + low, "n_frames": high - low}, index=ids)
