"""Batches of training examples: order, class balance, augmentation; made anew each epoch from one seed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn import functional as F

from dalsegno.training import memory
from dalsegno.training.source import Source
from dalsegno.training.views import augment


class Batches:
    """Shuffled batches of `source`; a fresh order, fresh crops and fresh augmentation each time it is iterated.

    examples: indices into the source. y: label index of each. balanced: every class equally often, by drawing with
    replacement. augmentation: how a batch is changed on the device. The last batch has what is left over; a single
    example joins the batch before it, since batch normalisation cannot take a batch of one. Raises UserError if the
    data cannot be augmented so.
    """

    def __init__(
        self,
        source: Source,
        examples: Int[Tensor, " example"],
        y: Int[Tensor, " example"],
        n_labels: int,
        batch_size: int,
        *,
        seed: int,
        device: torch.device,
        balanced: bool = False,
        augmentation: augment.Params,
    ) -> None:
        augment.check(augmentation, source.input_shape, source.scale)
        self.source, self.examples, self.y = source, examples, y
        self.targets = F.one_hot(y, n_labels).float().to(device)
        self.batch_size, self.device = min(batch_size, len(examples)), device
        self.augmentation, self.balanced = augmentation, balanced
        self.order = torch.Generator().manual_seed(seed)
        self.chance = torch.Generator(device).manual_seed(seed)

    def __len__(self) -> int:
        """Number of batches per epoch."""
        full, rest = divmod(len(self.examples), self.batch_size)
        return full + (rest > 1)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """x (batch, …) and soft labels y (batch, label) of one epoch, on the device."""
        order, cuts = self._order(), [self.batch_size * i for i in range(1, len(self))]
        examples = self.examples[order].tensor_split(cuts)
        targets = self.targets[memory.sent(order, self.device)].tensor_split(cuts)
        batches = (self.source.take(some, self.order) for some in examples)
        for x, y in zip(prefetched(batches) if self.source.streamed else batches, targets, strict=True):
            yield augment.augment(x, y, self.augmentation, self.chance, self.source.scale)

    def _order(self) -> Int[Tensor, " example"]:
        """Places in `examples`: a permutation, or draws that give every class the same chance."""
        if not self.balanced:
            return torch.randperm(len(self.examples), generator=self.order)
        weights = 1.0 / torch.bincount(self.y)[self.y]
        return torch.multinomial(weights, len(self.examples), replacement=True, generator=self.order)


def prefetched(items: Iterator[Tensor]) -> Iterator[Tensor]:
    """The same items; a thread prepares the next one while the current one is in use, so the GPU does not wait."""
    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(next, items, None)
        while (item := following.result()) is not None:
            following = thread.submit(next, items, None)
            yield item
