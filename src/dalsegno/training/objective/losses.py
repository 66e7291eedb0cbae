"""What training minimises, and the metrics that it is watched by."""

from typing import Annotated, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from dalsegno.pipeline.params import section
from dalsegno.pipeline.refusals import ReadWhere
from dalsegno.training.objective.ranges import BelowOne, Count, NotNegative

Curve = Literal[
    "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1", "weighted_precision", "weighted_recall", "weighted_f1",
]  # fmt: skip


@section
class Params:
    """The part of `train:` that says what the loss is."""

    loss: Literal["cross_entropy", "hinge", "kl"] = "cross_entropy"
    label_smoothing: BelowOne = 0.0
    l1: NotNegative = 0.0  # penalty on the absolute weights, added to the loss
    l2: NotNegative = 0.0  # penalty on the squared weights, added to the loss
    # l1 and l2 are on so many of the first layers; null: on all
    penalised: Annotated[Count | None, ReadWhere("l1", "l2")] = None


def loss_of(
    logits: Float[Tensor, "batch label"],
    y: Float[Tensor, "batch label"],
    p: Params,
    class_weights: Float[Tensor, " label"] | None = None,
) -> Float[Tensor, ""]:
    """Mean loss of logits against soft targets `y`, whose rows sum to 1.

    hinge: multi-class hinge of Crammer and Singer as in `nn.MultiMarginLoss`, expected over soft targets.
    """
    if p.loss == "cross_entropy":
        return F.cross_entropy(logits, y, class_weights, label_smoothing=p.label_smoothing)
    n_labels = logits.shape[1]
    y = y * (1 - p.label_smoothing) + p.label_smoothing / n_labels
    weights = torch.ones_like(y) if class_weights is None else class_weights.expand_as(y)
    if p.loss == "kl":
        return (F.kl_div(F.log_softmax(logits, 1), y, reduction="none") * weights).sum(1).mean()
    margins = (1 - logits[:, :, None] + logits[:, None, :]).clamp_min(0)  # (batch, true label, other label)
    return (y * weights * (margins.sum(2) - 1) / n_labels).sum(1).mean()


def penalty(model: nn.Module, p: Params) -> Float[Tensor, ""] | float:
    """L1 and L2 penalties on weight matrices and kernels; biases and normalisation layers are left alone."""
    if not (p.l1 or p.l2):
        return 0.0
    weights = [w for w in model.parameters() if w.requires_grad and w.ndim > 1]
    return sum(p.l1 * w.abs().sum() + p.l2 * w.square().sum() for w in weights[: p.penalised])


def metrics(probabilities: Float[Tensor, "clip label"], y: Int[Tensor, " clip"]) -> dict[str, float]:
    """`log_loss` (in nats), `accuracy` and every `Curve` of probabilities against label indices `y`.

    Macro means are over the classes that `y` holds, weighted ones by their counts. A class that is never predicted has
    precision 0. A tie between probabilities goes to the first class.
    """
    predicted, n_labels = probabilities.argmax(1), probabilities.shape[1]
    hits = torch.bincount(y[predicted == y], minlength=n_labels)
    n_true, n_predicted = torch.bincount(y, minlength=n_labels), torch.bincount(predicted, minlength=n_labels)
    by_class = {
        "precision": hits / n_predicted.clamp_min(1),
        "recall": hits / n_true.clamp_min(1),
        "f1": 2 * hits / (n_true + n_predicted).clamp_min(1),
    }
    macro = {f"macro_{name}": values[n_true > 0].mean().item() for name, values in by_class.items()}
    weighted = {f"weighted_{name}": ((values * n_true).sum() / len(y)).item() for name, values in by_class.items()}
    return {
        "log_loss": F.nll_loss(probabilities.clamp_min(1e-12).log(), y).item(),
        "accuracy": (predicted == y).float().mean().item(),
        "balanced_accuracy": macro["macro_recall"],
        **macro,
        **weighted,
    }
