"""From the views of a clip to one answer of each head, as the pipeline votes."""

from collections.abc import Iterable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from dalsegno.inference.hearing.spectrogram import NAME
from dalsegno.training import memory, precision, predict

Views = Iterable[tuple[Tensor, list[str]]]
ADVICE = "end what else uses it", "set the environment variable CUDA_VISIBLE_DEVICES to nothing for the CPU to answer"


@torch.inference_mode()
def votes(
    body: nn.Module, heads: list[nn.Module], views: Views, vote: predict.Vote, at_once: bool = False
) -> list[Float[np.ndarray, " label"]]:
    """The probabilities of the only clip by each of `heads`, which are given what `body` makes of its views.

    at_once: whether a head sees all views of a clip together, (clip, view, dim), and not one by one, (view, dim). Raises
    UserError if a GPU runs out of memory.
    """
    p: list[list[np.ndarray]] = [[] for _ in heads]
    with precision.full(), memory.enough(*ADVICE):
        embedded = (body(x) for x, _ in views)
        for seen in [torch.cat(list(embedded))[None]] if at_once else embedded:
            for of_head, head in zip(p, heads, strict=True):
                of_head.append(head(seen).float().softmax(1).cpu().numpy())
    windows = [np.concatenate(of_head) for of_head in p]
    return [predict.voted(w, np.array([NAME] * len(w), dtype=object), [NAME], vote)[0] for w in windows]
