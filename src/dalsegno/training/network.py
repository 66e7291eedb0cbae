"""Put preprocessing and an architecture together into one model."""

from typing import Any

import torch
from torch import Tensor, nn

from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError


class Model(nn.Module):
    """Preprocessing and network as one: stored data in, logits (batch, label) out."""

    def __init__(self, prep: nn.Module, net: nn.Module) -> None:
        super().__init__()
        self.prep, self.net = prep, net

    def forward(self, x: Tensor) -> Tensor:
        return self.net(self.prep(x))


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
