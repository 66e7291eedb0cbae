"""Probabilities of clips from a model that sees them a window or a segment at a time."""

from typing import Literal

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import nn

from dalsegno.artefacts.learning import predictions_parquet
from dalsegno.pipeline.errors import UserError
from dalsegno.training import precision
from dalsegno.training.source import Source

Vote = Literal["mean", "majority"]


@torch.inference_mode()
def try_out(model: nn.Module, source: Source) -> None:
    """Raise UserError if the model, made for `source.input_shape`, cannot take a clip as it will be shown."""
    model.eval()
    x = source.longest()
    if tuple(x.shape[1:]) == source.input_shape:
        return
    try:
        model(x)
    except RuntimeError as error:
        made, shown = (" × ".join(map(str, shape)) for shape in (source.input_shape, x.shape[1:]))
        raise UserError(
            f"view.evaluate: whole shows the network up to {shown} (channels × bins × frames), but it is made for {made} "
            f"and takes no other size ({str(error).splitlines()[0]}); give the view a `resize`, or evaluate: windows"
        ) from None


@torch.inference_mode()
def windows(
    model: nn.Module, source: Source, clip_ids: list[str]
) -> tuple[Float[np.ndarray, "window label"], np.ndarray]:
    """Probabilities, float32, of all windows of `clip_ids`, and the clip (window,) that owns each."""
    model.eval()
    probabilities, owners = [], []
    with precision.full():
        for x, of_clips in source.evaluation(clip_ids, 256):
            probabilities.append(model(x).float().softmax(1))
            owners += of_clips
    return torch.cat(probabilities).cpu().numpy(), np.array(owners, dtype=object)


def voted(
    p: Float[np.ndarray, "window label"], owners: np.ndarray, clip_ids: list[str], vote: Vote = "mean"
) -> Float[np.ndarray, "clip label"]:
    """Probabilities of clips, in the order of `clip_ids`, from those of the windows that they own.

    owners: the clip (window,) of each window; every clip owns at least one. mean: of a clip's windows. majority: each
    window votes for its most probable class, and the mean probability counts as one vote more, shared out. It decides
    between classes with as many votes, and no class gets a probability of 0 because no window voted for it.
    """
    place = pd.Index(clip_ids).get_indexer(owners)
    mean = predictions_parquet.mean_per_clip(p, place, len(clip_ids))
    if vote == "mean":
        return mean
    shares = predictions_parquet.mean_per_clip(np.eye(p.shape[1])[p.argmax(1)], place, len(clip_ids))
    n_windows = np.bincount(place, minlength=len(clip_ids))[:, None]
    return (n_windows * shares + mean) / (n_windows + 1)
