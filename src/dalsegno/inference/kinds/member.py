"""What every kind of stored model can be asked."""

from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from dalsegno.inference.stored.model_file import Stored

Answers = Float[np.ndarray, "run label"]


@runtime_checkable
class Member(Protocol):
    """A stored model. of_pictures: whether it takes pictures of spectrograms and no sound."""

    stored: Stored
    of_pictures: bool

    def answers(self, path: Path) -> Answers:
        """The probabilities of the classes of a file by each fold and seed. Raises UserError that names the file."""
        ...
