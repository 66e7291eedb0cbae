"""Heads that see all windows of a clip at once: their mean, their mean and deviation, a weighted mean, or neighbours.

A clip is one example, its windows in a row; a clip with fewer windows than another is filled up with NaN, which marks
what is not there.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from dalsegno.artefacts.features_parquet import FeatureTable
from dalsegno.families.rows import Rows
from dalsegno.transfer.adapting.head import Head

NEIGHBOURS = 5  # where an entry does not say how many
SAME = 1 - 1e-5  # likeness above which a neighbour is the clip itself, while it is trained on

Windows = Float[Tensor, "batch window dim"]


def head(p: Head, n_in: int, n_labels: int) -> nn.Module:
    """The head from the windows of a clip to logits, with random weights; not one of neighbours, which training clips make."""
    match p.over:
        case "mean":
            return nn.Sequential(Mean(), p.build(n_in, n_labels))
        case "mean_std":
            return nn.Sequential(MeanAndDeviation(), p.build(2 * n_in, n_labels))
        case "attention":
            return nn.Sequential(Attention(n_in), p.build(n_in, n_labels))
    return p.build(n_in, n_labels)


class Sequences(Rows):
    """Rows of clips in place of windows: x (row, window, dim), a row per clip and augmented view."""

    def __init__(self, table: FeatureTable, device: torch.device) -> None:
        owners, view = table.clip_ids, table.views
        order = np.lexsort((view, owners))  # stable: windows stay in their order
        new = np.r_[True, (owners[order][1:] != owners[order][:-1]) | (view[order][1:] != view[order][:-1])]
        row = np.cumsum(new) - 1
        window = np.arange(len(row)) - np.flatnonzero(new)[row]
        x = np.full((row[-1] + 1, window.max() + 1, table.x.shape[1]), np.nan, np.float32)
        x[row, window] = table.x[order]
        first = order[new]
        super().__init__(FeatureTable(x, owners[first], table.names, view[first]), device)
        self.input_shape = (x.shape[2],)

    def moments(self, clip_ids: list[str]) -> tuple[Float[Tensor, " dim"], Float[Tensor, " dim"]]:
        """Mean and standard deviation of each number of an embedding over the windows of `clip_ids`."""
        x = self.take(self.examples(clip_ids)[0]).double().flatten(0, 1)
        x = x[~x.isnan().any(1)]
        return x.mean(0).float(), x.std(0, correction=0).float()


class Mean(nn.Module):
    """The mean of a clip's windows."""

    def forward(self, x: Windows) -> Float[Tensor, "batch dim"]:
        return x.nanmean(1)


class MeanAndDeviation(nn.Module):
    """The mean of a clip's windows and, behind it, their standard deviation.

    Its gradients are finite, for layers with weights before it: a square root has none at 0, the deviation of one window.
    """

    def forward(self, x: Windows) -> Float[Tensor, "batch both"]:
        there, mean = ~x.isnan(), x.nanmean(1, keepdim=True)
        variance = (x - mean).where(there, 0).square().sum(1) / there.sum(1)
        differ = variance > 0
        return torch.cat([mean.squeeze(1), variance.where(differ, 1).sqrt().where(differ, 0)], 1)


class Attention(nn.Module):
    """A weighted mean of a clip's windows; the weights, positive with sum 1, are learnt from the windows."""

    def __init__(self, n_in: int) -> None:
        super().__init__()
        self.score = nn.Linear(n_in, 1)
        nn.init.zeros_(self.score.weight)  # it begins as the mean
        nn.init.zeros_(self.score.bias)

    def forward(self, x: Windows) -> Float[Tensor, "batch dim"]:
        there = ~x.isnan().any(2)
        x = x.nan_to_num()
        score = self.score(x).squeeze(2).masked_fill(~there, -torch.inf)
        return (score.softmax(1).unsqueeze(2) * x).sum(1)


class Neighbours(nn.Module):
    """The labels of the `k` training clips nearest to a clip by the cosine of their mean windows; nearer ones count more.

    How much more is all that is learnt. A training clip is not its own neighbour.
    """

    def __init__(self, known: Float[Tensor, "clip dim"], labels: Tensor, n_labels: int, k: int) -> None:
        super().__init__()
        self.register_buffer("known", nn.functional.normalize(known, dim=1))
        self.register_buffer("labels", nn.functional.one_hot(labels, n_labels).float())
        self.k, self.sharpness = min(k, len(known) - 1), nn.Parameter(torch.tensor(2.0))

    def forward(self, x: Windows) -> Float[Tensor, "batch label"]:
        likeness = nn.functional.normalize(x.nanmean(1), dim=1) @ self.get_buffer("known").T
        if self.training:
            likeness = likeness.masked_fill(likeness > SAME, -1)
        nearest = likeness.topk(self.k, dim=1)
        weights = (nearest.values * self.sharpness.exp()).softmax(1)
        shares = (weights.unsqueeze(2) * self.get_buffer("labels")[nearest.indices]).sum(1)
        return (shares + 1 / len(self.get_buffer("known"))).log()
