"""Run a frozen backbone over every clip, once."""

from dataclasses import asdict
from typing import Annotated

from pydantic import Field
from torch import nn

from dalsegno.families.view import View, Windows
from dalsegno.pipeline import params, stage
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.params import section
from dalsegno.pipeline.runtime import Runtime
from dalsegno.training.views.augment import Params as Augmentation
from dalsegno.training.views.preprocess import Channels, Size
from dalsegno.transfer import backbone, embeddings


@section
class Seen(Windows):
    """`view:` of an embeddings entry; a checkpoint of ours says itself how large and of what colour its pictures are."""

    resize: Size | None = None  # [bins, frames], for published weights
    channels: Channels | None = None  # null: one, for published weights

    def __post_init__(self) -> None:
        View(crop_s=self.crop_s, hop_s=self.hop_s)  # raises ValueError if they do not go together


@section
class Params:
    """An entry under `embeddings:` in params.yaml."""

    spectrogram: str  # an entry of `spectrograms:`
    arch: str  # a file of src/dalsegno/models/
    model: params.chosen("dalsegno.models", by="arch")
    weights: str  # a file or folder, relative to the repository
    view: Seen
    views: Annotated[int, Field(ge=0)] = 0  # how many times each window is shown again, augmented, to train heads on
    augment: Augmentation = Augmentation()

    def __post_init__(self) -> None:
        if (self.views > 0) != (self.augment != Augmentation()):
            raise ValueError(f"views is {self.views} and augment {asdict(self.augment)}: neither is of use alone")
        if self.augment.mixup_alpha:
            raise ValueError("augment.mixup_alpha mixes labels, which embeddings have not; set it for the head")


def main(key: str, spectrograms: str, weights: str, out_dir: str) -> None:
    p = params.variant(key, embeddings=Params)
    device = params.load(runtime=Runtime).torch_device()
    told = {name: value for name, value in asdict(p.view).items() if name in backbone.SEEN and value}
    about = asdict(p) | {"weights": weights}
    try:
        clips = embeddings.patches(spectrograms, p.view, device, p.view.resize)
        model = backbone.read(p.arch, p.model, weights, clips.example(), clips.meta, told)
        body = nn.Sequential(model.prep, model.net.body).to(device)
        embeddings.write(out_dir, body, clips, about, [weights, spectrograms], p.views, p.augment)
    except UserError as error:
        raise UserError(f"embeddings.{key}: {error}") from None


if __name__ == "__main__":
    stage.run(main)
