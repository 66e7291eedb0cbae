# ruff: noqa: F821 (shapes are written as strings)
"""The rows of a feature table as tensors on the training device."""

import copy
from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

from dalsegno.artefacts.features_parquet import FeatureTable
from dalsegno.training import memory
from dalsegno.training.views import augment


class Rows:
    """Rows of features, resident on `device`; a row is a clip or a segment of one, or an augmented view of either.

    x (row, feature); names: of its columns; settings: as in FeatureTable; clip_ids: the clips that have a row, sorted.
    """

    def __init__(self, table: FeatureTable, device: torch.device) -> None:
        self.x = torch.tensor(table.x, device=device)
        self.names, self.settings = table.names, table.settings
        self.owners = table.clip_ids
        self.plain = table.views == 0
        self.clip_ids = sorted(set(table.clip_ids))
        self._places = pd.Index(self.clip_ids, dtype=object)
        self._place = self._places.get_indexer(table.clip_ids)  # of each row's clip in clip_ids
        self.input_shape = (self.x.shape[1],)
        self.scale, self.streamed = augment.Scale(), False
        self._moments: dict[tuple[str, ...], tuple[Tensor, Tensor]] = {}

    def for_training(self, train_ids: list[str]) -> "Rows":
        """The same rows, with the deviation of each feature over the rows of `train_ids` as its scale."""
        rows = copy.copy(self)
        rows.scale = augment.Scale(std=self.moments(train_ids)[1])
        return rows

    def examples(self, clip_ids: list[str]) -> tuple[Int[Tensor, " example"], list[str]]:
        """Indices of all rows, augmented views too, that belong to `clip_ids`, and the clip of each."""
        rows = np.flatnonzero(self._belong(clip_ids))
        return torch.from_numpy(rows), list(self.owners[rows])

    def take(
        self, examples: Int[Tensor, " batch"], generator: torch.Generator | None = None
    ) -> Float[Tensor, "batch *shape"]:
        """The rows with these indices; there is no crop for `generator` to place."""
        return self.x.index_select(0, memory.sent(examples, self.x.device))

    def longest(self) -> Float[Tensor, "1 *shape"]:
        """One row, as all are of the same size."""
        return self.x[:1]

    def evaluation(
        self, clip_ids: list[str], batch_size: int
    ) -> Iterator[tuple[Float[Tensor, "batch *shape"], list[str]]]:
        """Every row of `clip_ids` as it is, once, without augmented views; and the clip of each row."""
        rows = np.flatnonzero(self._belong(clip_ids) & self.plain)
        for i in range(0, len(rows), batch_size):
            batch = rows[i : i + batch_size]
            yield self.take(torch.from_numpy(batch)), list(self.owners[batch])

    def moments(self, clip_ids: list[str]) -> tuple[Float[Tensor, " feature"], Float[Tensor, " feature"]]:
        """Mean and standard deviation of each feature over the rows of `clip_ids`, worked out once for the same clips."""
        if (key := tuple(clip_ids)) not in self._moments:
            x = self.take(self.examples(clip_ids)[0]).double()
            self._moments[key] = x.mean(0).float(), x.std(0, correction=0).float()
        return self._moments[key]

    def _belong(self, clip_ids: list[str]) -> np.ndarray:
        """Whether each row belongs to one of `clip_ids` [shape=(n_rows,)]; a clip without rows is none."""
        places = self._places.get_indexer(clip_ids)
        chosen = np.zeros(len(self.clip_ids), bool)
        chosen[places[places >= 0]] = True
        return chosen[self._place]
