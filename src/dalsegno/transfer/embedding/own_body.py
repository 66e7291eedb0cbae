"""An encoder of one's own in the place of a network."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from dalsegno.pipeline.errors import UserError
from dalsegno.transfer.embedding.own_encoder import frames, load


class Body(nn.Module):
    """The encoder as a network has it: windows of a stored waveform to embeddings, the mean of their frames."""

    def __init__(self, path: str | Path, meta: dict[str, Any]) -> None:
        super().__init__()
        check(meta)
        self.meta = meta
        self.path, self.rate_hz, self.embed = path, int(meta["sample_rate_hz"]), load(path)

    def __reduce__(self) -> tuple[type["Body"], tuple[str | Path, dict[str, Any]]]:
        """A worker on another machine loads the encoder's file for itself."""
        return Body, (self.path, self.meta)

    def forward(self, x: Float[Tensor, "batch 1 sample"]) -> Float[Tensor, "batch dim"]:
        sounds = x[:, 0].cpu().float().numpy()
        return torch.tensor(np.stack([frames(self.path, self.embed, y, self.rate_hz).mean(0) for y in sounds])).to(
            x.device
        )


def check(meta: dict[str, Any]) -> None:
    """Raise UserError unless a store, whose meta.json this is, holds the samples that an encoder hears."""
    if meta.get("kind") != "waveform" or meta.get("hop_length") != 1:
        raise UserError(
            "an encoder of one's own hears samples: `spectrogram` must name an entry of spectrograms with kind: waveform "
            "and options: {sample_rate_hz: …, pool: 1}"
        )
