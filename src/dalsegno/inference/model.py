"""A model to be asked about files: a stored one, or several that answer together."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float64

from dalsegno.artefacts.data_set.clips_csv import AUDIO, PICTURE
from dalsegno.artefacts.learning import calibration
from dalsegno.inference.hearing import silence
from dalsegno.inference.kinds.member import Member
from dalsegno.inference.stored import find, model_file
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError


@dataclass(frozen=True)
class Model:
    """name: as the user wrote it. members: one, or those of an ensemble; all answer about the same labels.

    calibrated: whether the probabilities of each fold and seed are scaled by its temperature, which was fitted on validation
    clips, before they are averaged. Without it they are those of the pipeline.
    """

    name: str
    members: list[Member]
    calibrated: bool = False

    @property
    def labels(self) -> list[str]:
        """The classes, in the order of its answers."""
        return self.members[0].stored.labels

    @property
    def of_pictures(self) -> bool:
        """Whether it takes pictures of spectrograms and no sound."""
        return self.members[0].of_pictures

    @property
    def suffixes(self) -> frozenset[str]:
        """The suffixes of the files that it takes."""
        return PICTURE if self.of_pictures else AUDIO

    def clip(self, path: Path) -> Float64[np.ndarray, " label"]:
        """The probabilities of the classes of a file.

        Raises UserError that names the file if it cannot be read; silence.Unheard if there is no sound in it to judge by.
        """
        if not self.of_pictures:
            silence.refuse(path)
        return self.probabilities(path)

    def probabilities(self, path: Path) -> Float64[np.ndarray, " label"]:
        """As `clip`, also of silence, of which a model says something like of anything else."""
        p = np.mean([together(self._answers(member, path)) for member in self.members], axis=0)
        if not np.isfinite(p).all():
            raise UserError(f"{path}: the model's answer is no number; its weights, or the file, are damaged")
        return p

    def _answers(self, member: Member, path: Path) -> Float[np.ndarray, "run label"]:
        with model_file.fitting(member.stored.path):
            answers = member.answers(path)
        if not self.calibrated:
            return answers
        temperatures = member.stored.temperatures
        return np.stack([calibration.scaled(p[None], t)[0] for p, t in zip(answers, temperatures, strict=True)])


def together(answers: Float[np.ndarray, "run label"]) -> Float64[np.ndarray, " label"]:
    """One answer of those of all folds and seeds: the mean of their probabilities."""
    return answers.astype(np.float64).mean(axis=0)


def load(name: str, calibrated: bool = False) -> Model:
    """The model that `name` means, a key of the run or a path. calibrated: as of `Model`.

    Raises UserError if there is none, it cannot be read, or members of an ensemble do not go together.
    """
    stored = [model_file.read(path) for path in find.files(name)]
    members = [_member(of) for of in stored]
    first = members[0]
    for other in members[1:]:
        if other.stored.labels != first.stored.labels or other.of_pictures != first.of_pictures:
            raise UserError(
                f"{name}: {other.stored.path} knows other classes, or other files, than {first.stored.path}"
            )
    return Model(name, members, calibrated)


def _member(stored: model_file.Stored) -> Member:
    with model_file.fitting(stored.path):
        return params.component("dalsegno.inference.kinds", stored.kind).Kind(stored)
