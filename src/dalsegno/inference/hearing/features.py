"""The features of a new file, computed as the stage features computes them."""

from pathlib import Path

import numpy as np
from jaxtyping import Float32

from dalsegno.features import compute
from dalsegno.inference.stored.model_file import Stored
from dalsegno.pipeline.errors import UserError, listed


class Features:
    """The features of a file, in the order in which a model takes them."""

    def __init__(self, stored: Stored) -> None:
        self.names = stored.content["features"]
        if stored.content["settings"] is None:
            raise UserError(
                f"{stored.path}: trained on features that were computed elsewhere (features.source: csv), so nothing here "
                "can compute them of new sound"
            )
        self.p = stored.section("features", stored.content["settings"], compute.Params)

    def rows(self, path: Path) -> Float32[np.ndarray, "segment feature"]:
        """A row for each of the segments. Raises UserError naming the file as `compute.compute` does."""
        rows = compute.compute((path.name, path), self.p)
        if lacking := [name for name in self.names if name not in rows[0]]:
            raise UserError(f"the model was trained on other features: this version does not compute {listed(lacking)}")
        return np.array([[row[name] for name in self.names] for row in rows], np.float32)
