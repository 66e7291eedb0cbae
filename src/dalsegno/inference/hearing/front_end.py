"""What a model is given of a new file: rows of features, or a spectrogram, computed as the stages compute them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float32

from dalsegno.artefacts import spectrogram_store
from dalsegno.artefacts.spectrogram_store import Store
from dalsegno.features import compute
from dalsegno.inference.stored.model_file import Stored
from dalsegno.pipeline.errors import UserError
from dalsegno.sound import storing

NAME = "clip"  # what the only clip of a store of one is called


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
            raise UserError(
                f"the model was trained on other features: this version computes no {', '.join(lacking[:5])}"
            )
        return np.array([[row[name] for name in self.names] for row in rows], np.float32)


class Spectrogram:
    """The spectrogram of a file, as one clip in a store. meta: what the store that a model was trained on says of itself."""

    def __init__(self, stored: Stored, meta: dict[str, Any]) -> None:
        if "options" not in meta:
            raise UserError(
                f"{stored.path}: does not say how its spectrogram is computed; train it again with dvc repro"
            )
        self.meta = meta
        self.kind = stored.component("dalsegno.spectrograms", meta["kind"])
        settings = {"kind": meta["kind"], "options": meta["options"]}
        self.options = stored.section("spectrogram", settings, storing.Params).options

    @property
    def of_pictures(self) -> bool:
        """Whether it is read from a picture and not from sound."""
        return self.meta["kind"] == "image"

    def store(self, path: Path, spill: Path) -> Store:
        """A store of one clip, in memory, or in the folder `spill` if it is large. Raises UserError naming the file."""
        try:
            frames = spectrogram_store.joined(self.kind.blocks(path, self.options), spill / "frames.npy")
        except UserError:
            raise
        except (OSError, ValueError) as error:  # of pictures
            raise UserError(f"{path}: cannot be read: {error}") from None
        stored = np.load(frames, mmap_mode="c") if isinstance(frames, Path) else frames
        if stored.shape[1] != self.meta["bins"]:
            raise UserError(f"{path}: gives {stored.shape[1]} bins, but the model was trained on {self.meta['bins']}")
        index = pd.DataFrame({"start": [0], "n_frames": [len(stored)]}, index=[NAME])
        return Store(stored, index, self.meta)


def device() -> torch.device:
    """Where models are asked: a GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
