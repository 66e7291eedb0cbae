"""A network on spectrograms, from scratch or fine-tuned."""

import torch
from torch import nn

from dalsegno.inference.kinds.on_spectrograms import OnSpectrograms
from dalsegno.inference.stored import networks
from dalsegno.inference.stored.model_file import Stored


class Kind(OnSpectrograms):
    """Each fold and seed is a network of its own, on crops of the length that it was trained on."""

    def __init__(self, stored: Stored, device: torch.device | None = None) -> None:
        device = device or networks.device()
        heads = [networks.on_spectrograms(stored, run).to(device) for run in stored.runs]
        crops = [run["input_shape"][-1] for run in stored.runs]
        super().__init__(stored, stored.content, nn.Identity(), heads, crops, device)
