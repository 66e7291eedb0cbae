"""A model to be asked about files: a stored one, or several that answer together."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float64

from dalsegno.artefacts.data_set.clips_csv import AUDIO, PICTURE
from dalsegno.inference.hearing import silence
from dalsegno.inference.kinds.member import Answers, Member
from dalsegno.inference.stored import find, model_file, temperatures
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.scoring.per_model import reliability


@dataclass(frozen=True)
class Model:
    """name: as the user wrote it. members: one, or those of an ensemble; all answer about the same labels.

    temperatures: by which the probabilities of each fold and seed are scaled before they are averaged, as of
    `temperatures.temperatures`. Without them they are those of the pipeline.
    """

    name: str
    members: list[Member]
    temperatures: reliability.Temperatures | None = None

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
        answers = [_answers(member, path) for member in self.members]
        if self.temperatures is None:
            p = np.mean([together(of) for of in answers], axis=0)
        else:
            p = temperatures.together([member.stored for member in self.members], answers, self.temperatures)
        if not np.isfinite(p).all():
            raise UserError(f"{path}: the model's answer is not a number; its weights, or the file, are damaged")
        return p


def together(answers: Float[np.ndarray, "run label"]) -> Float64[np.ndarray, " label"]:
    """One answer of those of all folds and seeds: the mean of their probabilities."""
    return answers.astype(np.float64).mean(axis=0)


def load(name: str, calibrated: bool = False) -> Model:
    """The model that `name` means, a key of the run or a path. calibrated: whether it answers at its temperatures.

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
    return Model(name, members, temperatures.temperatures(name, stored) if calibrated else None)


def _answers(member: Member, path: Path) -> Answers:
    with model_file.fitting(member.stored.path):
        return member.answers(path)


def _member(stored: model_file.Stored) -> Member:
    with model_file.fitting(stored.path):
        return params.component("dalsegno.inference.kinds", stored.kind).Kind(stored)
