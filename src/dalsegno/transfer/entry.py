"""Reuse a network trained on other data: its body, a new head, and which of them learn."""

from typing import Annotated, Literal

from pydantic import Field
from torch import nn

from dalsegno.families.view import View
from dalsegno.pipeline.params import chosen, section
from dalsegno.training import train
from dalsegno.training.ranges import Count, Positive, Share
from dalsegno.training.views.augment import Params as Augmentation


@section
class Head:
    """`head:` of a transfer entry: the layers from an embedding to logits."""

    widths: tuple[Count, ...] = ()  # of hidden layers, each with ReLU; empty: linear
    dropout: Share = 0.0  # after each hidden layer, or of the embedding where there is none

    def build(self, n_in: int, n_labels: int) -> nn.Sequential:
        """The head for embeddings (batch, n_in)."""
        layers: list[nn.Module] = []
        for width in self.widths:
            layers += [nn.Linear(n_in, width), nn.ReLU(), nn.Dropout(self.dropout)]
            n_in = width
        if not self.widths:
            layers = [nn.Dropout(self.dropout)]
        return nn.Sequential(*layers, nn.Linear(n_in, n_labels))


@section
class Params:
    """An entry under `transfer:` in params.yaml."""

    input: str  # embeddings/<key>: the backbone stays frozen; spectrograms/<key>: it is fine-tuned
    arch: str  # a file of src/dalsegno/models/
    model: chosen("dalsegno.models", by="arch") = None  # of no use where the backbone is frozen: its embeddings know
    weights: str  # a file or folder, relative to the repository
    head: Head
    train: train.Params
    view: View | None = None  # what the network sees of a spectrogram
    augment: Augmentation | None = None
    unfreeze: Annotated[int, Field(ge=0)] | Literal["all"] | None = None  # how many of the body's last blocks learn
    unfreeze_every: Count | None = None  # the head alone at first, then one more block after so many epochs
    body_lr: Positive | None = None  # learning rate of the body, as a share of train.lr
    body_lr_decay: Annotated[float, Field(gt=0, le=1)] | None = None  # of each block, as a share of the one above it
    probe: Positive | None = None  # the head starts as a logistic regression of this C on frozen embeddings
    batch_norm: Literal["tuned", "frozen"] | None = None  # frozen: blocks that learn keep their batch-norm statistics
    control: bool = False  # also train the same network from scratch, on the same folds and seeds

    def __post_init__(self) -> None:
        needed = ("model", "view", "augment", "unfreeze", "body_lr")
        if self.on_embeddings:
            tuning = (*needed[1:], "unfreeze_every", "body_lr_decay", "probe", "batch_norm")
            given = [name for name in tuning if getattr(self, name) is not None] + ["control"] * self.control
            if given:
                raise ValueError(f"{', '.join(given)}: of no use where input is {self.input!r}: its backbone is frozen")
        elif not self.input.startswith("spectrograms/"):
            raise ValueError(
                f"input is {self.input!r}; give embeddings/<key> (frozen) or spectrograms/<key> (fine-tuned)"
            )
        elif absent := [name for name in needed if getattr(self, name) is None]:
            raise ValueError(f"{', '.join(absent)}: missing, and needed where input is {self.input!r}")
        elif self.probe and self.head.widths:
            raise ValueError(
                f"probe is of linear heads, but head.widths is {list(self.head.widths)}; leave one of them out"
            )

    @property
    def on_embeddings(self) -> bool:
        """Whether the backbone stays frozen: its embeddings are read instead of computed."""
        return self.input.startswith("embeddings/")
