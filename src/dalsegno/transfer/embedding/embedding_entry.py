"""Parameters of an embeddings entry: a frozen backbone, and what it sees of every clip."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field

from dalsegno.families.convolutional.view import View, Windows
from dalsegno.pipeline.params import chosen, section
from dalsegno.training.views.augment import Params as Augmentation
from dalsegno.training.views.preprocess import Channels, Size

Layers = Annotated[tuple[Annotated[int, Field(ge=0)] | Literal["embedding"], ...], Field(min_length=1)]


@section
class EmbeddingView(Windows):
    """`view:` of an embeddings entry; a checkpoint of ours knows the size and the channels of its pictures itself."""

    resize: Size | None = None  # [bins, frames], for published weights
    channels: Channels | None = None  # null: one, for published weights

    def __post_init__(self) -> None:
        View(crop_s=self.crop_s, hop_s=self.hop_s)  # raises ValueError if they do not go together

    @property
    def preprocessing(self) -> dict[str, Any]:
        """What the entry says of how pictures are prepared, by name; empty where it leaves that to the weights."""
        given = {"resize": self.resize, "channels": self.channels}
        return {name: value for name, value in given.items() if value}


@section
class Params:
    """An entry under `embeddings:` in params.yaml."""

    spectrogram: str  # an entry of `spectrograms:`
    arch: str  # a file of src/dalsegno/models/
    model: Annotated[Any, chosen("dalsegno.models", by="arch")]
    weights: str  # a file or folder, relative to the repository
    view: EmbeddingView
    # what an embedding is made of: numbers of blocks, and "embedding"; null: the last alone
    layers: Layers | None = None
    views: Annotated[int, Field(ge=0)] = 0  # how many times each window is shown again, augmented, to train heads on
    augment: Augmentation = Augmentation()

    def __post_init__(self) -> None:
        if self.layers and len(set(self.layers)) < len(self.layers):
            raise ValueError(f"layers is {list(self.layers)}, which names a layer twice")
        if (self.views > 0) != (self.augment != Augmentation()):
            raise ValueError(f"views is {self.views} and augment {asdict(self.augment)}: neither is of use alone")
        if self.augment.mixup_alpha:
            raise ValueError("augment.mixup_alpha mixes labels, which embeddings do not have; set it for the head")
