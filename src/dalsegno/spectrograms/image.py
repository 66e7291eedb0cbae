"""Spectrograms that lie ready as pictures, for the data set `images`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from pydantic import Field

from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.params import section
from dalsegno.sound import decibels, pictures


@section
class Params:
    """`options:` of a `kind: image` entry."""

    bins: Annotated[int, Field(ge=1)] = 128  # rows; a picture with more or fewer is scaled
    frame_rate_hz: Annotated[float, Field(gt=0)] = 12.9  # columns of the pictures per second of sound
    top_db: Annotated[float, Field(ge=1, le=200)] = 80.0  # span of the picture: from black to white, or along its map


def blocks(path: Path, p: Params) -> Iterator[UInt8[np.ndarray, "n_columns n_bins"]]:
    """The picture as stored, time first and the lowest row first, in one block.

    Raises OSError as pictures.read does, and UserError naming a file that is no such picture.
    """
    try:
        values = pictures.read(path)
    except ValueError as error:
        raise UserError(f"{path} cannot be read as this kind of spectrogram: {error}") from None
    if values.shape[1] != p.bins:
        values = np.asarray(Image.fromarray(values).resize((p.bins, len(values)), Image.Resampling.BOX))
    yield np.round(values * 255).astype(np.uint8)


def meta(p: Params) -> dict[str, Any]:
    """The entries of meta.json for a store of this kind."""
    return {"kind": "image", "frame_rate_hz": p.frame_rate_hz, **decibels.meta(p.top_db, "uint8")}
