"""Probabilities of clips from a model that sees them a window or a segment at a time."""

from collections.abc import Iterator
from typing import Literal, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from dalsegno.pipeline.errors import UserError

Vote = Literal["mean", "majority"]


class Clips(Protocol):
    """Stored clips as tensors on a device: a Table or Patches."""

    clip_ids: list[str]
    input_shape: tuple[int, ...]

    def longest(self) -> Tensor:
        """x (1, …): the largest view that `evaluation` gives of any clip."""
        ...

    def evaluation(self, clip_ids: list[str], batch_size: int) -> Iterator[tuple[Tensor, list[str]]]:
        """All windows of `clip_ids` in batches: x (batch, …) and the clip of each."""
        ...


@torch.inference_mode()
def try_out(model: nn.Module, clips: Clips) -> None:
    """Raise UserError if the model, made for `clips.input_shape`, cannot take a clip as it will be shown."""
    model.eval()
    x = clips.longest()
    if tuple(x.shape[1:]) == clips.input_shape:
        return
    try:
        model(x)
    except RuntimeError as error:
        made, shown = (" × ".join(map(str, shape)) for shape in (clips.input_shape, x.shape[1:]))
        raise UserError(
            f"view.evaluate: whole shows the network up to {shown} (channels × bins × frames), but it is made for {made} "
            f"and takes no other size ({str(error).splitlines()[0]}); give the view a `resize`, or evaluate: windows"
        ) from None


@torch.inference_mode()
def windows(model: nn.Module, clips: Clips, clip_ids: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (n_windows, n_labels) float32 of all windows of `clip_ids`, and the clip (n_windows,) of each."""
    model.eval()
    p, owners = [], []
    for x, of in clips.evaluation(clip_ids, 256):
        with torch.autocast(x.device.type, torch.bfloat16, enabled=x.device.type == "cuda"):
            logits = model(x)
        p.append(logits.float().softmax(1).cpu().numpy())
        owners += of
    return np.concatenate(p), np.array(owners, dtype=object)


def voted(p: np.ndarray, owners: np.ndarray, clip_ids: list[str], vote: Vote = "mean") -> np.ndarray:
    """Probabilities (n_clips, n_labels), in the order of `clip_ids`, from those of the windows that they own.

    mean: of a clip's windows; majority: the share of them that voted for a class.
    """
    n = p.shape[1]
    p = np.eye(n)[p.argmax(1)] if vote == "majority" else p.astype(np.float64)
    place = {c: i for i, c in enumerate(clip_ids)}
    at = [place[c] for c in owners]
    total, count = np.zeros((len(clip_ids), n)), np.zeros((len(clip_ids), 1))
    np.add.at(total, at, p)
    np.add.at(count, at, 1)
    return total / count
