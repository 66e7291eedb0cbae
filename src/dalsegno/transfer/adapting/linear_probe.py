"""Start a linear head as a logistic regression on frozen embeddings, so that fine-tuning need not find it first.

While a random head learns, its gradients distort what the backbone has learnt before: linear probing, then fine-tuning
(Kumar et al. 2022, arXiv 2202.10054, §3).
"""

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import nn

from dalsegno.families.convolutional.crops import Crops
from dalsegno.training import precision
from dalsegno.training.network import Model


def start(model: Model, last: nn.Linear, clips: Crops, labels: pd.Series, c: float) -> None:
    """Fit `last`, the model's layer from embeddings to logits, on all windows of the clips that `labels` names.

    labels: of each clip, by clip_id; the logits stand in their sorted order. c: inverse strength of the L2 penalty, on
    standardised embeddings.
    """
    from sklearn.linear_model import LogisticRegression  # a second or two, which only a probe need wait for
    from sklearn.preprocessing import StandardScaler

    e, owners = _embeddings(model, clips, list(labels.index))
    scaler = StandardScaler().fit(e)
    fitted = LogisticRegression(C=c, max_iter=1000).fit(scaler.transform(e), labels[owners])
    coef, intercept = fitted.coef_, fitted.intercept_
    if len(coef) == 1:  # of two classes scikit-learn keeps one logit, the second's above the first's
        coef, intercept = np.concatenate([-coef, coef]) / 2, np.concatenate([-intercept, intercept]) / 2
    coef = coef / scaler.scale_
    with torch.no_grad():
        last.weight.copy_(torch.from_numpy(coef))
        last.bias.copy_(torch.from_numpy(intercept - coef @ scaler.mean_))


@torch.inference_mode()
def _embeddings(model: Model, clips: Crops, clip_ids: list[str]) -> tuple[Float[np.ndarray, "window dim"], list[str]]:
    """The body's output for each window of `clip_ids`, float64, and the clip that owns the window."""
    model.eval()
    e, owners = [], []
    with precision.full():
        for x, clips_of_windows in clips.evaluation(clip_ids, 256):
            e.append(model.body(model.prep(x)).double().cpu().numpy())
            owners += clips_of_windows
    return np.concatenate(e), owners
