"""The new head of a pretrained network: the layers from its embedding to logits."""

from typing import Literal, cast

import torch
from torch import Tensor, nn

from dalsegno.pipeline.params import section
from dalsegno.training.network import Model
from dalsegno.training.objective.ranges import BelowOne, Count


@section
class Head:
    """`head:` of a transfer entry: the layers from an embedding to logits."""

    widths: tuple[Count, ...] = ()  # of hidden layers, each with ReLU; empty: linear
    over: Literal[  # frozen: what the head sees at a time
        "windows",  # one window; a clip is called what its windows are called on average
        "mean", "mean_std",  # the mean of a clip's windows, with their standard deviation
        "attention",  # a weighted mean of them, with weights that are learnt
        "neighbours",  # no layers: the labels of the nearest training clips
    ] = "windows"  # fmt: skip
    layers: Literal["weighted"] | None = None  # frozen, of an encoder that gives several: a weight of each is learnt
    k: Count | None = None  # neighbours: how many; null: 5
    dropout: BelowOne = 0.0  # after each hidden layer, or of the embedding where there is none

    def __post_init__(self) -> None:
        if self.over == "neighbours" and (self.widths or self.dropout):
            raise ValueError("widths and dropout: of no use where over is 'neighbours', which has no layers")
        if self.over == "neighbours" and self.layers == "weighted":
            raise ValueError(
                "layers: weighted is of no use where over is 'neighbours', which learns nothing of the layers"
            )
        if self.over != "neighbours" and self.k:
            raise ValueError(f"k: of no use where over is {self.over!r}; it is the number of neighbours")

    def build(self, n_in: int, n_labels: int) -> nn.Sequential:
        """The head, with random weights, from embeddings (batch, n_in) to logits (batch, n_labels)."""
        layers: list[nn.Module] = []
        for width in self.widths:
            layers += [nn.Linear(n_in, width), nn.ReLU(), nn.Dropout(self.dropout)]
            n_in = width
        if not self.widths:
            layers = [nn.Dropout(self.dropout)]
        return nn.Sequential(*layers, nn.Linear(n_in, n_labels))


def put_on(model: Model, head: Head, example: Tensor, n_labels: int) -> nn.Linear:
    """Replace the head of `model`; `example`, stored data, goes through the body, so that the width of its embeddings is known.

    Returns the head's last layer, which makes the logits.
    """
    model.to(example.device).eval()
    with torch.no_grad():
        width = model.body(model.prep(example)).shape[1]
    model.net.head = new = head.build(width, n_labels).to(example.device)
    return cast(nn.Linear, new[-1])
