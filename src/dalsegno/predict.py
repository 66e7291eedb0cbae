"""Probabilities of clips from a model that sees them a window or a segment at a time."""

from collections.abc import Iterator
from typing import Literal, Protocol

import numpy as np
import torch
from torch import Tensor, nn

Vote = Literal["mean", "majority"]


class Clips(Protocol):
    """Stored clips as tensors on a device: a Table or Patches."""

    clip_ids: list[str]

    def evaluation(self, clip_ids: list[str], batch_size: int) -> Iterator[tuple[Tensor, list[str]]]:
        """All windows of `clip_ids` in batches: x (batch, …) and the clip of each."""
        ...


@torch.inference_mode()
def probabilities(
    model: nn.Module, clips: Clips, clip_ids: list[str], n_labels: int, vote: Vote = "mean"
) -> np.ndarray:
    """Probabilities (n_clips, n_labels) in the order of `clip_ids`, all of which must be stored.

    mean: of the softmax over a clip's windows; majority: the share of them that voted for a class.
    """
    model.eval()
    place = {c: i for i, c in enumerate(clip_ids)}
    total, count = np.zeros((len(clip_ids), n_labels)), np.zeros((len(clip_ids), 1))
    for x, owners in clips.evaluation(clip_ids, 256):
        with torch.autocast(x.device.type, torch.bfloat16, enabled=x.device.type == "cuda"):
            logits = model(x)
        p = logits.float().softmax(1).cpu().numpy().astype(np.float64)
        if vote == "majority":
            p = np.eye(n_labels)[p.argmax(1)]
        at = [place[c] for c in owners]
        np.add.at(total, at, p)
        np.add.at(count, at, 1)
    return total / count
