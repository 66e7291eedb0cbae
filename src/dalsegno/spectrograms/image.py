"""Spectrograms that lie ready as pictures, for the data set `images`."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from PIL import Image
from pydantic import Field

from dalsegno.pipeline.params import section
from dalsegno.sound import pictures


@section
class Params:
    """`options:` of a `kind: image` entry."""

    bins: Annotated[int, Field(ge=1)] = 128  # rows; a picture with more or fewer is scaled
    frame_rate_hz: Annotated[float, Field(gt=0)] = 12.9  # columns that a second of sound takes in the pictures
    top_db: Annotated[float, Field(gt=0, le=200)] = (
        80.0  # what black to white, or one end of the map to the other, spans
    )


def frames(path: Path, p: Params) -> np.ndarray:
    """The picture as stored [shape=(n_columns, bins), uint8], time first, the lowest row first."""
    values = pictures.read(path)
    if values.shape[1] != p.bins:
        scaled = Image.fromarray(values).resize((p.bins, len(values)), Image.Resampling.BOX)
        values = np.asarray(scaled)
    return np.round(values * 255).astype(np.uint8)


def meta(p: Params) -> dict[str, Any]:
    """What meta.json says of a store of this kind."""
    range_db = {"unit": "dB", "top_db": p.top_db, "scale": p.top_db / 255, "offset": -p.top_db, "floor": -p.top_db}
    return {"kind": "image", "frame_rate_hz": p.frame_rate_hz, **range_db}
