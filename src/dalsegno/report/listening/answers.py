"""What each model calls each scored clip, and how sure of it it is: one probability per class, model and clip."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from dalsegno.artefacts.learning import predictions_parquet
from dalsegno.scoring import gathered
from dalsegno.scoring.gathered import Gathered

N_BEST = 3  # classes of each clip whose probabilities are kept


@dataclass(frozen=True)
class Answers:
    """p: probabilities (n_models, n_clips, n_classes), means over the runs and repeats of a model. labels: (n_clips,)."""

    models: list[str]
    classes: list[str]
    clip_ids: list[str]
    labels: Int[np.ndarray, " n_clips"]
    p: Float[np.ndarray, "n_models n_clips n_classes"]

    @cached_property
    def called(self) -> Int[np.ndarray, "n_models n_clips"]:
        """The index of the class that each model calls each clip."""
        return self.p.argmax(2)

    @cached_property
    def sureness(self) -> Float[np.ndarray, "n_models n_clips"]:
        """The probability that each model gives to the class that it calls."""
        return self.p.max(2)

    @cached_property
    def right(self) -> np.ndarray:
        """Whether each model is right about each clip: bool (n_models, n_clips)."""
        return self.called == self.labels

    @cached_property
    def listens(self) -> np.ndarray:
        """Whether each model (n_models,) calls more than one class: one that does not, knows nothing of a clip."""
        return np.array([len(set(row.tolist())) > 1 for row in self.called], dtype=bool)

    def best(self) -> list[list[int]]:
        """For each model, clip after clip, the likeliest classes: index, probability in thousandths, index, …"""
        order = np.argsort(-self.p, axis=2, kind="stable")[:, :, :N_BEST]
        shares = np.rint(1000 * np.take_along_axis(self.p, order, 2)).astype(int)
        return [rows.reshape(-1).tolist() for rows in np.stack([order, shares], axis=3)]

    def own(self) -> list[list[int]]:
        """For each model, clip after clip, the probability of the true label in thousandths."""
        own = np.take_along_axis(self.p, self.labels[None, :, None], 2)[:, :, 0]
        return np.rint(1000 * own).astype(int).tolist()


def answers(g: Gathered) -> Answers:
    """Everything that the compared models answered about the scored clips, the models in the order of all reports."""
    n, models = len(g.s.clips), gathered.ranked(g.s, g.runs)
    means = [
        predictions_parquet.mean_per_clip(
            np.concatenate([run.p for run in runs]), np.concatenate([run.clips for run in runs]), n
        )
        for runs in map(g.runs.__getitem__, models)
    ]
    return Answers(models, g.s.classes, list(g.s.clips.index), g.s.labels, np.stack(means))
