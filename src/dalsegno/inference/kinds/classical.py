"""An estimator on features."""

from pathlib import Path

import numpy as np

from dalsegno.families import estimators
from dalsegno.inference.hearing.features import Features
from dalsegno.inference.kinds.member import Answers
from dalsegno.inference.stored.model_file import Stored


class Kind:
    """An estimator on features."""

    of_pictures = False

    def __init__(self, stored: Stored) -> None:
        self.stored, self.features = stored, Features(stored)

    def answers(self, path: Path) -> Answers:
        """As `Member.answers`: the mean over the clip's segments."""
        x, n = self.features.rows(path), len(self.stored.labels)
        return np.stack([estimators.probabilities(run, x, n).mean(0) for run in self.stored.runs])
