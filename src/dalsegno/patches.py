"""A spectrogram store as tensors on the training device: crops to train on, windows to evaluate on.

Clips are stored whole, so what a model sees of them (`view:`) is its own affair and never invalidates audio work.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
import torch
from pydantic import Field
from torch import Tensor

from dalsegno import pieces, store
from dalsegno.params import UserError, section
from dalsegno.preprocess import Normalisation


@section
class Windows:
    """`view:` of an embeddings entry: the pieces in which a network sees a clip."""

    crop_s: Annotated[float, Field(gt=0)] | None = 3.0  # seconds at a time; null: whole clips, padded to the longest
    hop_s: Annotated[float, Field(gt=0)] | None = None  # between evaluation windows; null: crop_s, end to end


@section
class View(Windows):
    """`view:` of every cnn and transfer entry: what the network sees of a clip, and how."""

    vote: Literal["mean", "majority"] = "mean"  # how a clip's windows become one prediction
    normalise: Normalisation = "bin"


class Patches:
    """Views of stored spectrograms (total_frames, bins[, channels]); resident on `device` if they fit there.

    x is (batch, channel, bin, frame), or (batch, 1, sample) for a waveform, in the store's unit (dB, or amplitude).
    keep: clip ids to use; None: all. Clips shorter than the crop are padded at the end with the store's floor: silence.
    """

    def __init__(self, folder: str | Path, view: Windows, keep: set[str] | None, device: torch.device) -> None:
        stored = store.open(folder)
        self.meta, self.device, self.view = stored.meta, device, view
        index = stored.index.sort_index() if keep is None else _pieces(stored.index, keep)
        if index.empty:
            raise UserError(f"{folder}: none of its clips is in the splits")
        self.clip_ids = list(index.index)
        self.start = torch.tensor(index["start"].to_numpy(np.int64))
        self.n_frames = torch.tensor(index["n_frames"].to_numpy(np.int64))
        self.frames = _resident(torch.from_numpy(stored.frames), device)
        self.crop = self._frames_of(view.crop_s) if view.crop_s else int(self.n_frames.max())
        self.hop = self._frames_of(view.hop_s) if view.hop_s else self.crop
        self.input_shape = tuple(self.take(torch.tensor([0]))[0].shape)
        self._row = {c: i for i, c in enumerate(self.clip_ids)}

    def rows(self, clip_ids: list[str]) -> tuple[Tensor, list[str]]:
        """Indices of the training examples of `clip_ids`, one a clip, and the clip of each."""
        kept = [c for c in clip_ids if c in self._row]
        return torch.tensor([self._row[c] for c in kept], dtype=torch.int64), kept

    def take(self, rows: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """A crop of each clip in `rows`, at a random place if there is a generator, else from its beginning."""
        offset = torch.zeros(len(rows), dtype=torch.int64)
        if generator is not None:
            room = (self.n_frames[rows] - self.crop).clamp_min(0) + 1
            offset = (torch.rand(len(rows), generator=generator, dtype=torch.float64) * room).long()
        return self._cut(rows, offset)

    def example(self) -> Tensor:
        """Two crops, for a network to take its sizes from."""
        return self.take(torch.tensor([0, 0]))

    def evaluation(self, clip_ids: list[str], batch_size: int) -> Iterator[tuple[Tensor, list[str]]]:
        """Windows that cover every clip of `clip_ids`, in batches, and the clip of each window."""
        rows, owners = self.rows(clip_ids)
        windows = [
            (row, at, owner) for row, owner in zip(rows.tolist(), owners, strict=True) for at in self._windows(row)
        ]
        for i in range(0, len(windows), batch_size):
            row, at, owner = zip(*windows[i : i + batch_size], strict=True)
            yield self._cut(torch.tensor(row), torch.tensor(at)), list(owner)

    def moments(self, clip_ids: list[str]) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation (bin,) over all frames (and channels) of `clip_ids`, in the store's unit."""
        count, total, square = 0, 0.0, 0.0
        for row in self.rows(clip_ids)[0].tolist():
            start = int(self.start[row])
            x = self._unit(self.frames[start : start + int(self.n_frames[row])]).double()
            x = x.movedim(1, -1).flatten(0, -2)
            count, total, square = count + len(x), total + x.sum(0), square + x.square().sum(0)
        mean = total / count
        return mean.float(), (square / count - mean.square()).clamp_min(0).sqrt().float()

    def _cut(self, rows: Tensor, offset: Tensor) -> Tensor:
        """x (batch, channel, bin, frame) of `crop` frames from `offset` on."""
        at = offset[:, None] + torch.arange(self.crop)
        beyond = at >= self.n_frames[rows][:, None]
        index = (self.start[rows][:, None] + at).masked_fill(beyond, 0)
        x = self.frames[index.to(self.frames.device)]
        if x.device != self.device:
            x = x.pin_memory().to(self.device, non_blocking=True)
        x = self._unit(x)
        x[beyond.to(self.device)] = self.meta["floor"]
        if self.meta["kind"] == "waveform":
            return x.transpose(1, 2).contiguous()
        return (x[:, None] if x.ndim == 3 else x.movedim(-1, 1)).transpose(2, 3).contiguous()

    def _unit(self, stored: Tensor) -> Tensor:
        return stored.float() * self.meta["scale"] + self.meta["offset"]

    def _windows(self, row: int) -> list[int]:
        """Where evaluation windows begin; the last one ends with the clip."""
        last = max(int(self.n_frames[row]) - self.crop, 0)
        return sorted({*range(0, last, self.hop), last})

    def _frames_of(self, seconds: float) -> int:
        return max(1, round(seconds * self.meta["frame_rate_hz"]))


def _pieces(index: pd.DataFrame, keep: set[str]) -> pd.DataFrame:
    """Start and n_frames of each clip, or piece of a clip, in `keep` whose clip is stored; sorted by id."""
    ids = sorted(i for i in keep if pieces.clip_of(i) in index.index)
    clip, k, n = zip(*map(pieces.place, ids), strict=True) if ids else ((), (), ())
    whole, k, n = index.loc[list(clip)], np.array(k, int), np.array(n, int)
    low, high = whole["n_frames"].to_numpy() * k // n, whole["n_frames"].to_numpy() * (k + 1) // n
    return pd.DataFrame({"start": whole["start"].to_numpy() + low, "n_frames": high - low}, index=ids)


def _resident(frames: Tensor, device: torch.device) -> Tensor:
    """`frames` on the GPU if they take at most half of its free memory; else where they are, a memory map."""
    if device.type == "cuda" and frames.nbytes < torch.cuda.mem_get_info(device)[0] / 2:
        return frames.to(device)
    return frames
