"""Put preprocessing and an architecture together into one model."""

from typing import Any

import torch
from torch import Tensor, nn

from dalsegno import params, preprocess
from dalsegno.params import UserError
from dalsegno.patches import Patches
from dalsegno.preprocess import Model


def from_scratch(arch: str, p: Any, patches: Patches, train_ids: list[str], n_labels: int) -> Model:
    """An untrained `models/<arch>.py` for these spectrograms, normalised as their view says by the training clips.

    Raises UserError if the architecture cannot take what the view shows it.
    """
    view = patches.view
    prep = preprocess.spectrograms(view.normalise, *patches.moments(train_ids), view.resize, view.channels)
    try:
        return build(arch, p, prep, patches.example(), n_labels)
    except UserError as error:
        raise UserError(f"{error} (view: {view.told})") from None


def build(arch: str, p: Any, prep: nn.Module, example: Tensor, n_labels: int) -> Model:
    """`models/<arch>.py` behind `prep`, sized for it.

    example: stored data (batch, …) as the model will get it. Raises UserError if the architecture cannot take it.
    """
    with torch.no_grad():
        shape = tuple(prep.to(example.device)(example).shape[1:])
    try:
        return Model(prep, params.component("dalsegno.models", arch).build(p, shape, n_labels))
    except ValueError as error:
        raise UserError(f"{arch} cannot take this input: {error}") from None
