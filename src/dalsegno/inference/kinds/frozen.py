"""New heads on a frozen network, whose embeddings of a clip all of them share."""

import torch

from dalsegno.inference.kinds.on_spectrograms import OnSpectrograms
from dalsegno.inference.stored import networks
from dalsegno.inference.stored.model_file import Stored


class Kind(OnSpectrograms):
    """Each fold and seed is a head."""

    def __init__(self, stored: Stored, device: torch.device | None = None) -> None:
        device = device or networks.device()
        seen, body = stored.content["backbone"], networks.backbone(stored).to(device)
        heads = [networks.head(stored, run).to(device) for run in stored.runs]
        at_once = networks.head_settings(stored).over != "windows"
        super().__init__(stored, seen, body, heads, [seen["input_shape"][-1]] * len(heads), device, at_once)
