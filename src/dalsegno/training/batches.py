"""Batches of training examples: order, class balance, augmentation; made anew each epoch from one seed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from dalsegno.training.views import augment


class Source(Protocol):
    """Stored data as tensors on a device: rows of a table, or clips of a spectrogram store."""

    def take(self, rows: Tensor, generator: torch.Generator) -> Tensor:
        """x (batch, …) of the training examples `rows`; `generator` decides where crops fall."""
        ...


class Batches:
    """Shuffled batches of `source`; a fresh order, fresh crops and fresh augmentation each time it is iterated.

    rows: indices (n,) into the source. y: label index (n,) of each. balanced: every class equally often, by drawing
    with replacement. changes: what is done to a batch on the device. The last short batch is dropped if there are
    others, since batch normalisation cannot take a batch of one.
    """

    def __init__(
        self,
        source: Source,
        rows: Tensor,
        y: Tensor,
        n_labels: int,
        batch_size: int,
        *,
        seed: int,
        device: torch.device,
        balanced: bool = False,
        changes: augment.Params,
    ) -> None:
        self.source, self.rows, self.y = source, rows, y
        self.targets = F.one_hot(y, n_labels).float().to(device)
        self.batch_size, self.device = min(batch_size, len(rows)), device
        self.changes, self.balanced = changes, balanced
        self.order = torch.Generator().manual_seed(seed)
        self.chance = torch.Generator(device).manual_seed(seed)

    def __len__(self) -> int:
        return len(self.rows) // self.batch_size

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        order = self._order()[: len(self) * self.batch_size]
        rows = self.rows[order].split(self.batch_size)
        targets = self.targets[order.to(self.device)].split(self.batch_size)
        taken = (self.source.take(some, self.order) for some in rows)
        for x, y in zip(ahead(taken) if self.device.type == "cuda" else taken, targets, strict=True):
            yield augment.augment(x, y, self.changes, self.chance)

    def _order(self) -> Tensor:
        if not self.balanced:
            return torch.randperm(len(self.rows), generator=self.order)
        weights = 1.0 / torch.bincount(self.y)[self.y]
        return torch.multinomial(weights, len(self.rows), replacement=True, generator=self.order)


def ahead(items: Iterator[Tensor]) -> Iterator[Tensor]:
    """The same items, each made by another thread while the one before is in use: what a GPU need not wait for."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item
