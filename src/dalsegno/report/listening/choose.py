"""Which clips are worth a listen: the surest mistakes, the least certain answers and the surest hits of each model."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from dalsegno.report.listening.answers import Answers

N_SHOWN = 4  # clips of each kind
SURE = 0.5  # what every model must give a class that all of them call against the label

Places = Int[np.ndarray, " n"]  # of clips


@dataclass(frozen=True)
class Chosen:
    """of_model: for each model the places of its mistakes, doubts and hits. against: those that all call another class.

    order: every clip once, those of the above first, then the others by how many models are wrong about them.
    """

    of_model: list[dict[str, list[int]]]
    against: list[int]
    order: list[int]


def choose(a: Answers) -> Chosen:
    """Choose by sureness; among equals the first by clip_id."""
    of_model = [_of_model(right, sure) for right, sure in zip(a.right, a.sureness, strict=True)]
    against = _against(a)
    first = [clip for kinds in of_model for clips in kinds.values() for clip in clips] + against
    order = [*first, *_by_disagreement(a)]
    return Chosen(of_model, against, list(dict.fromkeys(order)))


def of_each_class(a: Answers, model: int, n: int) -> list[int]:
    """The places of `n` typical clips of each class that the model has right, and of the `n` surest that it has wrong.

    Typical are those of median sureness: what hides a little of the surest clips changes nothing. One of each class comes
    before the second of any.
    """
    right, falling = a.right[model], np.argsort(-a.sureness[model], kind="stable")
    of_class = [falling[a.labels[falling] == label] for label in range(len(a.classes))]
    typical = [_from_the_middle(places[right[places]]) for places in of_class]
    kinds = [*typical, *(places[~right[places]] for places in of_class)]
    return [int(places[rank]) for rank in range(n) for places in kinds if rank < len(places)]


def _from_the_middle(places: Places) -> Places:
    distance = np.abs(np.arange(len(places)) - (len(places) - 1) / 2)
    return places[np.argsort(distance, kind="stable")]


def _of_model(right: np.ndarray, sure: np.ndarray) -> dict[str, list[int]]:
    falling, rising = np.argsort(-sure, kind="stable"), np.argsort(sure, kind="stable")
    return {
        "mistakes": falling[~right[falling]][:N_SHOWN].tolist(),
        "doubts": rising[:N_SHOWN].tolist(),
        "hits": falling[right[falling]][:N_SHOWN].tolist(),
    }


def _against(a: Answers) -> list[int]:
    """Clips that every model which listens calls the same and not by their label, each with SURE; the surest first."""
    called, sure = a.called[a.listens], a.sureness[a.listens]
    if len(called) < 2:
        return []
    agreed = (called == called[0]).all(0) & (called[0] != a.labels) & (sure >= SURE).all(0)
    return sorted(np.flatnonzero(agreed).tolist(), key=lambda clip: (-sure[:, clip].min(), clip))


def _by_disagreement(a: Answers) -> list[int]:
    """All clips; first those about which nearly half of the models are wrong, as these are where models differ."""
    split = np.minimum(a.right.sum(0), (~a.right).sum(0))
    return np.argsort(-split, kind="stable").tolist()
