"""Parameters of a transfer entry: a network trained on other data, its new head, and which of them learn."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from dalsegno.families.convolutional.view import View
from dalsegno.pipeline.errors import UserError, counted
from dalsegno.pipeline.params import chosen, component, one_of, section
from dalsegno.pipeline.refusals import ReadWhere
from dalsegno.training import train
from dalsegno.training.objective.ranges import Count, Positive
from dalsegno.training.views.augment import Params as Augmentation
from dalsegno.transfer.adapting.head import Head


def _arch(name: str) -> str:
    """`name`, if models/ has a file of that name."""
    component("dalsegno.models", name)
    return name


@section
class Entry:
    """What every entry under `transfer:` has."""

    input: str  # embeddings/<key>: the backbone stays frozen; spectrograms/<key>: it is fine-tuned
    arch: Annotated[str, AfterValidator(_arch)]  # a file of src/dalsegno/models/
    weights: str  # a file or folder, relative to the repository
    head: Head
    train: train.Params


@section
class Frozen(Entry):
    """An entry with `input: embeddings/<key>`: the backbone stays frozen, and its stored embeddings are read."""

    model: Annotated[Any, chosen("dalsegno.models", by="arch")] = None  # where given, that of the embeddings


@section
class FineTuned(Entry):
    """An entry with `input: spectrograms/<key>`: the backbone learns on."""

    model: Annotated[Any, chosen("dalsegno.models", by="arch")]
    view: View  # what the network sees of a spectrogram
    augment: Augmentation
    unfreeze: Annotated[int, Field(ge=0)] | Literal["all"]  # how many of the body's last blocks learn
    # the head alone at first, then one more block after so many epochs
    unfreeze_every: Annotated[Count | None, ReadWhere("unfreeze")] = None
    body_lr: Positive  # learning rate of the body, as a share of train.lr
    # of each block, as a share of the one above it
    body_lr_decay: Annotated[Annotated[float, Field(gt=0, le=1)] | None, ReadWhere("unfreeze")] = None
    probe: Positive | None = None  # the head starts as a logistic regression of this C on frozen embeddings
    # frozen: blocks that learn keep their batch-norm statistics
    batch_norm: Annotated[Literal["tuned", "frozen"] | None, ReadWhere("unfreeze")] = None
    control: train.Params | None = None  # how the same network is also trained from random weights; null: it is not

    def __post_init__(self) -> None:
        if self.head.over != "windows":
            raise ValueError(f"head.over is {self.head.over!r}, which needs stored embeddings: input: embeddings/<key>")
        if self.head.layers:
            raise ValueError("head.layers: weighted needs stored embeddings: input: embeddings/<key>")
        if self.control and self.control.seeds != self.train.seeds:
            raise ValueError(
                f"control.seeds is {list(self.control.seeds)}, but train.seeds is {list(self.train.seeds)}: the two are "
                "compared run by run; write the same seeds in both"
            )
        if self.probe and self.head.widths:
            raise ValueError(
                f"probe starts a linear head, but head.widths is {list(self.head.widths)}; leave one of them out"
            )
        if self.unfreeze != "all":
            self.check_turns(self.unfreeze)

    def check_turns(self, n_free: int) -> None:
        """Raise UserError if training ends before it is the turn of the last of `n_free` blocks."""
        if self.unfreeze_every and self.unfreeze_every * n_free >= self.train.epochs:
            raise UserError(
                f"unfreeze_every is {self.unfreeze_every}, so the last of {counted(n_free, 'block')} would begin to learn after epoch "
                f"{self.unfreeze_every * n_free}, but train.epochs is {self.train.epochs}; raise it, or lower unfreeze"
            )


Params: Any = Annotated[Any, one_of("input", {"embeddings/": Frozen, "spectrograms/": FineTuned})]
"""An entry under `transfer:` in params.yaml: `Frozen` or `FineTuned`, as its `input` says."""
