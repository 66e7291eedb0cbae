"""A feature table as tensors on the training device."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from dalsegno.artefacts.features_parquet import FeatureTable


class Table:
    """Rows of features, resident on `device`; a row is a clip or a segment of one, or an augmented view of either."""

    def __init__(self, table: FeatureTable, device: torch.device) -> None:
        self.x = torch.tensor(table.x, device=device)
        self.names = table.names
        self.owners = table.clip_ids
        self.plain = table.views == 0
        self.clip_ids = sorted(set(table.clip_ids))
        self.input_shape = (self.x.shape[1],)

    def rows(self, clip_ids: list[str]) -> tuple[Tensor, list[str]]:
        """Indices of all training examples that belong to `clip_ids`, and the clip of each."""
        rows = np.flatnonzero(np.isin(self.owners, clip_ids))
        return torch.from_numpy(rows), list(self.owners[rows])

    def take(self, rows: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """x (batch, feature)."""
        return self.x.index_select(0, rows.to(self.x.device))

    def longest(self) -> Tensor:
        """A row; all are alike."""
        return self.x[:1]

    def evaluation(self, clip_ids: list[str], batch_size: int) -> Iterator[tuple[Tensor, list[str]]]:
        """Every row of `clip_ids` as it is, once: x (batch, feature) and the clip of each row."""
        rows = np.flatnonzero(np.isin(self.owners, clip_ids) & self.plain)
        for i in range(0, len(rows), batch_size):
            at = rows[i : i + batch_size]
            yield self.take(torch.from_numpy(at)), list(self.owners[at])

    def moments(self, clip_ids: list[str]) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation (feature,) over the rows of `clip_ids`."""
        x = self.take(self.rows(clip_ids)[0]).double()
        return x.mean(0).float(), x.std(0, correction=0).float()
