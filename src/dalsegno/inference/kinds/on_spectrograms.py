"""What networks on spectrograms share: they vote over the views of a clip."""

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from dalsegno.artefacts.spectrogram_store import Store
from dalsegno.families.convolutional.frames import Frames
from dalsegno.families.convolutional.shown import Shown
from dalsegno.families.convolutional.view import View
from dalsegno.inference.hearing import spill
from dalsegno.inference.hearing.spectrogram import Spectrogram
from dalsegno.inference.kinds.member import Answers
from dalsegno.inference.kinds.votes import Views, votes
from dalsegno.inference.stored.model_file import Stored

BATCH = 16  # views at a time, of which VGG16 makes 0.4 GB


class OnSpectrograms:
    """Heads on what `body` makes of the views of a clip, each made for its own number of frames in `crops`.

    seen: the part of the file that says what the network sees, its view and its spectrogram. at_once: as of `votes`.
    """

    def __init__(
        self, stored: Stored, seen: dict[str, Any], body: nn.Module, heads: list[nn.Module], crops: list[int],
        device: torch.device, at_once: bool = False,
    ) -> None:  # fmt: skip
        self.at_once = at_once
        self.stored, self.body, self.heads, self.crops, self.device = stored, body, heads, crops, device
        self.view = stored.section("view", seen["view"], View)
        self.spectrogram = Spectrogram(stored, seen["spectrogram"])
        self.of_pictures = self.spectrogram.of_pictures

    def answers(self, path: Path) -> Answers:
        """As `Member.answers`: the vote of the windows that the view shows of the clip."""
        with spill.folder() as folder:
            return self.of_store(self.spectrogram.store(path, folder))

    def of_store(self, store: Store) -> Answers:
        """The answers about the only clip of `store`."""
        p: list[np.ndarray] = [np.empty(0)] * len(self.heads)
        for crop, places in self._by_crop():
            views, heads = shown(store, self.view, crop, self.device), [self.heads[i] for i in places]
            answered = votes(self.body, heads, views, self.view.vote, self.at_once)
            for i, of_run in zip(places, answered, strict=True):
                p[i] = of_run
        return np.stack(p)

    def _by_crop(self) -> Iterator[tuple[int, list[int]]]:
        """Each length of crop, in frames, and the places of the runs that were trained on it."""
        for crop in dict.fromkeys(self.crops):
            yield crop, [i for i, of_run in enumerate(self.crops) if of_run == crop]


def shown(store: Store, view: View, crop: int, device: torch.device) -> Views:
    """The views of the only clip of `store`, in batches, and that they are its."""
    views = Shown(Frames(store, device), view, store.index, crop)
    for batch in views.evaluation(views.clip_ids, 1 if view.evaluate == "whole" else BATCH):
        yield batch
        _let_go(store.frames)


def _let_go(frames: np.ndarray) -> None:
    """Release the memory of what was read from a memory map, 90 MB for an hour of sound; the file still has it."""
    if isinstance(frames.base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):  # Windows has no such advice
        frames.base.madvise(mmap.MADV_DONTNEED)
