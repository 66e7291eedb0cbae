"""Layers of an encoder side by side in an embedding, each with a weight that is learnt."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dalsegno.pipeline import files
from dalsegno.pipeline.errors import UserError

NAME = "layer_weights.csv"


class Weighted(nn.Module):
    """Each layer times its weight and the number of layers; the weights are a softmax, positive with sum 1.

    As in ELMo (Peters et al. 2018, arXiv 1802.05365, eq. 1), but layers stay side by side, since they differ in width.
    Weights begin equal, so that the embedding begins as it is. NaN, which marks a window that is not there, stays. layer
    (dim,): which layer each number of an embedding belongs to, counted from 0.
    """

    def __init__(self, layer: Int[Tensor, " dim"]) -> None:
        super().__init__()
        self.register_buffer("layer", layer)
        self.logits = nn.Parameter(torch.zeros(int(layer.max()) + 1))

    @classmethod
    def of(cls, widths: Mapping[str, int]) -> "Weighted":
        """For an embedding of layers with these widths, by name, in their order."""
        return cls(torch.arange(len(widths)).repeat_interleave(torch.tensor(list(widths.values()))))

    @property
    def weights(self) -> Float[Tensor, " layer"]:
        """Of each layer, in the order of the embedding."""
        return self.logits.softmax(0)

    def forward(self, x: Float[Tensor, "*batch dim"]) -> Float[Tensor, "*batch dim"]:
        scale = len(self.logits) * self.weights[self.get_buffer("layer")]
        return torch.where(x.isnan(), x, x.nan_to_num() * scale)


def check(widths: Mapping[str, int], arch: str) -> None:
    """Raise UserError unless an embedding has several layers to weigh; widths: of these, by name."""
    if len(widths) < 2:
        raise UserError(
            f"head.layers is 'weighted', but the embeddings of {arch} are of one layer; set `layers` of the embeddings entry "
            "to several, such as [1, 2, embedding], or of musicnn and musicnn_vgg `model.layers`"
        )


def write(run_dir: str | Path, names: list[str], runs: list[dict[str, Tensor]]) -> None:
    """Write layer_weights.csv: of each layer the mean weight over runs, the least and the greatest.

    runs: the state of each trained model, whose network begins with a `Weighted`.
    """
    weights = torch.stack([state["net.0.logits"].softmax(0) for state in runs])
    columns = {"weight": weights.mean(0), "least": weights.amin(0), "greatest": weights.amax(0)}
    rows = pd.DataFrame({"layer": names} | {name: value.numpy().round(4) for name, value in columns.items()})
    with files.atomic(Path(run_dir, NAME)) as draft:
        rows.to_csv(draft, index=False, lineterminator="\n")
