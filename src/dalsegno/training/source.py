# ruff: noqa: F821 (shapes are written as strings)
"""Training data as every network gets it: clips of a spectrogram store, or rows of a feature table."""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dalsegno.training.views import augment


@runtime_checkable
class Source(Protocol):
    """Stored clips as tensors on the training device.

    clip_ids: the clips that are stored, sorted. input_shape: of one training example, without the batch axis. scale:
    the units of the data.
    """

    clip_ids: list[str]
    input_shape: tuple[int, ...]
    scale: augment.Scale

    @property
    def streamed(self) -> bool:
        """Whether the data do not fit on the GPU, so that batches are brought there one by one."""
        ...

    def for_training(self, train_ids: list[str]) -> "Source":
        """The same data as a network sees them that is trained on `train_ids`, which decide what is still open."""
        ...

    def examples(self, clip_ids: list[str]) -> tuple[Int[Tensor, " example"], list[str]]:
        """Indices of the training examples that belong to `clip_ids`, and the clip of each."""
        ...

    def take(self, examples: Int[Tensor, " batch"], generator: torch.Generator | None) -> Float[Tensor, "batch *shape"]:
        """x (batch, …) of the training examples with these indices; `generator` decides where crops fall."""
        ...

    def longest(self) -> Float[Tensor, "1 *shape"]:
        """x (1, …): the largest view that `evaluation` gives of any clip."""
        ...

    def evaluation(
        self, clip_ids: list[str], batch_size: int
    ) -> Iterator[tuple[Float[Tensor, "batch *shape"], list[str]]]:
        """All windows of `clip_ids` in batches: x (batch, …) and the clip of each window."""
        ...
