"""Clips as a network is shown them that it does not train on: in windows that cover a clip, or all at once."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

from dalsegno.families.convolutional.frames import Frames
from dalsegno.families.convolutional.view import View

LARGEST = 2**23  # numbers in an evaluation batch as a network sees it: 32 MB, and some hundred times that inside
LONGEST = 2**21  # numbers of a clip that is shown whole: 164 s of 128 bins at 100 Hz; the rest is shown in pieces


@dataclass(frozen=True)
class Batch:
    """Views of one length: where each begins in the store, how many frames of its clip are left there, and the clip."""

    start: list[int]
    n_frames: list[int]
    length: int
    owners: list[str]


class Shown:
    """Views of the clips in `index` (start and n_frames by clip_id) for a network that takes crops of `crop` frames.

    x is (batch, channel, bin, frame), or (batch, 1, sample) for a waveform, in the store's unit (dB, or amplitude). Clips
    shorter than the crop are padded at the end with the store's floor: silence. crop: None for the longest clip, or part
    of one.
    """

    def __init__(self, frames: Frames, view: View, index: pd.DataFrame, crop: int | None) -> None:
        self.frames, self.view, self.meta, self.device = frames, view, frames.meta, frames.device
        self.clip_ids = list(index.index)
        self._row = {c: i for i, c in enumerate(self.clip_ids)}
        start, n_frames = (torch.tensor(index[name].to_numpy(np.int64)) for name in ("start", "n_frames"))
        self.whole = start, n_frames
        self.n_parts = self.view.parts or 1
        self.start, self.n_frames = _parts(start, n_frames, self.n_parts)
        self._set_crop(crop or int(self.n_frames.max()))

    def _set_crop(self, n_frames: int) -> None:
        """Make crops `n_frames` long."""
        self.crop = n_frames
        self.hop = frames_of(self.view.hop_s, self.meta) if self.view.hop_s else n_frames

    def examples(self, clip_ids: list[str]) -> tuple[Int[Tensor, " example"], list[str]]:
        """Indices of the training examples of `clip_ids`, one per clip or per part of it, and the clip of each."""
        kept = [c for c in clip_ids if c in self._row]
        first = torch.tensor([self._row[c] for c in kept], dtype=torch.int64) * self.n_parts
        return (first[:, None] + torch.arange(self.n_parts)).flatten(), [c for c in kept for _ in range(self.n_parts)]

    def evaluation(
        self, clip_ids: list[str], batch_size: int
    ) -> Iterator[tuple[Float[Tensor, "batch channel *shape"], list[str]]]:
        """All views of every clip of `clip_ids`, in batches of one length, and the clip of each view.

        Windows that cover the clip, in order of time; or the clip whole, where the view says so.
        """
        return ((self.cut(batch), batch.owners) for batch in self.batches(clip_ids, batch_size))

    def batches(self, clip_ids: list[str], batch_size: int) -> Iterator[Batch]:
        """Where the views of `evaluation` lie, batch by batch."""
        shown = self._whole if self.view.evaluate == "whole" else self._windows
        for length, seen in shown(clip_ids).items():
            n = max(1, min(batch_size, LARGEST // self._size(length)))
            for i in range(0, len(seen), n):
                start, n_frames, owners = zip(*seen[i : i + n], strict=True)
                yield Batch(list(start), list(n_frames), length, list(owners))

    def cut(self, batch: Batch) -> Float[Tensor, "batch channel *shape"]:
        """The views of a batch."""
        return self.frames.cut(torch.tensor(batch.start), torch.tensor(batch.n_frames), batch.length)

    def _windows(self, clip_ids: list[str]) -> dict[int, list[tuple[int, int, str]]]:
        """Length of the windows → (first frame, frames left, clip) of each; a clip's last one ends with it."""
        views = []
        examples, owners = self.examples(clip_ids)
        starts, lengths = self.start[examples].tolist(), self.n_frames[examples].tolist()
        for start, n_frames, owner in zip(starts, lengths, owners, strict=True):
            last = max(n_frames - self.crop, 0)
            views += [(start + at, n_frames - at, owner) for at in sorted({*range(0, last, self.hop), last})]
        return {self.crop: views}

    def _whole(self, clip_ids: list[str]) -> dict[int, list[tuple[int, int, str]]]:
        """Length → (first frame, frames, clip) of each clip of that length; none is shown shorter than a crop.

        A clip so long that memory would grow with it is cut into equal pieces, none of them shorter than a crop either.
        """
        views: dict[int, list[tuple[int, int, str]]] = {}
        least = max(self.crop, LONGEST // 2 // (self.meta["bins"] * self.meta["channels"]))
        for clip in clip_ids:
            start, n_frames = (int(values[self._row[clip]]) for values in self.whole)
            edges = np.linspace(start, start + n_frames, max(1, n_frames // least) + 1).astype(int).tolist()
            for first, end in pairwise(edges):
                views.setdefault(max(end - first, self.crop), []).append((first, end - first, clip))
        return views

    def _size(self, length: int) -> int:
        """Numbers of one view of `length` frames, as stored or as the network sees it, whichever is more."""
        n_channels = self.meta["channels"] if self.view.channels == "one" else 3
        return max(length * self.meta["bins"], math.prod(self.view.resize or ())) * n_channels


def frames_of(seconds: float, meta: dict[str, Any]) -> int:
    """The number of frames in so many seconds, at least one. meta: of the store."""
    return max(1, round(seconds * meta["frame_rate_hz"]))


def _parts(
    start: Int[Tensor, " clip"], n_frames: Int[Tensor, " clip"], n_parts: int
) -> tuple[Int[Tensor, " example"], Int[Tensor, " example"]]:
    """Start and n_frames of the equal parts of each clip, those of a clip side by side."""
    edges = n_frames[:, None] * torch.arange(n_parts + 1) // n_parts
    return (start[:, None] + edges[:, :-1]).flatten(), edges.diff(dim=1).flatten()
