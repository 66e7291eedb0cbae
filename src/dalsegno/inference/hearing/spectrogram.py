"""The spectrogram of a new file, computed as the stage spectrograms computes it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dalsegno.artefacts import spectrogram_store
from dalsegno.artefacts.spectrogram_store import Frames, Store
from dalsegno.inference.stored.model_file import Stored
from dalsegno.pipeline.errors import UserError
from dalsegno.sound import storing
from dalsegno.sound.opening import stream

NAME = "clip"  # what the only clip of a store of one is called


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
        frames = spectrogram_store.joined(self._blocks(path), spill / "frames.npy")
        stored = np.load(frames, mmap_mode="c") if isinstance(frames, Path) else frames
        if stored.shape[1] != self.meta["bins"]:
            raise UserError(f"{path}: gives {stored.shape[1]} bins, but the model was trained on {self.meta['bins']}")
        index = pd.DataFrame({"start": [0], "n_frames": [len(stored)]}, index=[NAME])
        return Store(stored, index, self.meta)

    def _blocks(self, path: Path) -> Iterator[Frames]:
        """The frames of a file as they come, apart from whatever may go wrong as they are stored."""
        try:
            yield from self.kind.blocks(path, self.options)
        except UserError:
            raise
        except (OSError, ValueError) as error:  # of pictures
            raise UserError(f"{path}: cannot be read as a picture: {stream.reason(error)}") from None
