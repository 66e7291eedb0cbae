"""Spectrograms that people saved as pictures, grey or colour-mapped, turned back into values."""

import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, UnidentifiedImageError

from dalsegno.pipeline import headless

MAPS = (
    "magma", "inferno", "viridis", "plasma", "cividis", "jet", "turbo", "hot", "coolwarm", "gnuplot2", "Blues", "Reds",
)  # fmt: skip
MAX_PIXELS = 50_000_000  # more is a mistake or an attack
FULL_16 = 65535  # white, in 16 bits
MAX_DISTANCE = 12.0  # mean distance in RGB, of 255 per channel, of a picture's colours from its map's; JPEG blurs them
FOREIGN_DISTANCE = 40.0  # from the nearest colour of the map, beyond which a pixel shows no level
MAX_FOREIGN = 0.05  # share of such pixels that may be there


def read(path: Path) -> Float32[np.ndarray, "n_columns n_rows"]:
    """The values that a picture shows, 0 … 1: time first, and the picture's lowest row is bin 0.

    White or transparent margins are cut off. Raises OSError if the file cannot be opened, and ValueError if it is not a picture
    or a damaged one, has one colour only, is coloured by no known matplotlib map, or shows axes, labels and the like as well.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # Pillow's, about tags that it passes over
            pixels = _pixels(path)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(_reason(error)) from None
    if pixels.ndim == 3 and (np.ptp(pixels, axis=2) <= 2).all():
        pixels = pixels[:, :, 1]
    pixels = _without_margins(pixels)
    values = pixels.astype(np.float32) / 255 if pixels.ndim == 2 else _unmapped(pixels)
    if np.ptp(values) == 0:
        raise ValueError("it has a single colour")
    return np.ascontiguousarray(values[::-1].T)


def _pixels(path: Path) -> UInt8[np.ndarray, "n_rows n_columns"] | UInt8[np.ndarray, "n_rows n_columns 3"]:
    """The pixels of a grey picture, or those of a coloured one as RGB; transparent ones are white."""
    with Image.open(path) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise Image.DecompressionBombError
        if picture.mode.startswith("I") or picture.mode == "F":
            return _of_16_bits(np.asarray(picture))
        if picture.mode in ("1", "L"):
            return np.asarray(picture.convert("L"))
        rgba = np.asarray(picture.convert("RGBA"))
    return np.where(rgba[:, :, 3:] < 128, np.uint8(255), rgba[:, :, :3])


def _of_16_bits(values: np.ndarray) -> UInt8[np.ndarray, "n_rows n_columns"]:
    """Grey values of 16 bits as those of 8. Raises ValueError for any that 16 bits do not hold, such as decibels."""
    if values.dtype.kind == "f" or values.min() < 0 or values.max() > FULL_16:
        raise ValueError("its pixels are not of 8 or 16 bits, so which of them are black and white is not known")
    return (values * np.float32(255 / FULL_16)).round().astype(np.uint8)


def _reason(error: Exception) -> str:
    """Why Pillow, whose own words are for programmers, could not read a picture."""
    if isinstance(error, Image.DecompressionBombError):
        return f"more than {MAX_PIXELS:,} pixels, which no spectrogram has"
    return (
        "not a picture in a format that is known here"
        if isinstance(error, UnidentifiedImageError)
        else "damaged, or cut short"
    )


def _without_margins(pixels: UInt8[np.ndarray, "_ _ *_"]) -> UInt8[np.ndarray, "n_rows n_columns *_"]:
    """The smallest rectangle that holds all pixels darker than near white; the whole picture if there are none.

    Of a grey picture margins are cut only if all four are there: white at one side may be silence, or the loudest sound.
    """
    inked = pixels < 250 if pixels.ndim == 2 else np.any(pixels < 250, axis=2)
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    framed = not (inked[[0, -1]].any() or inked[:, [0, -1]].any())
    if not len(rows) or (pixels.ndim == 2 and not framed):
        return pixels
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _unmapped(rgb: UInt8[np.ndarray, "n_rows n_columns 3"]) -> Float32[np.ndarray, "n_rows n_columns"]:
    """Each pixel's place, 0 … 1, on the colour map whose colours are nearest to the picture's."""
    colours, inverse, counts = np.unique(rgb.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True)
    sample = colours[:: max(1, len(colours) // 500)]
    distance, name = min((float(_tree(name).query(sample)[0].mean()), name) for name in MAPS)
    if distance > MAX_DISTANCE:
        raise ValueError(f"neither grey nor coloured by a map that is known here ({', '.join(MAPS)})")
    far, nearest = _tree(name).query(colours)
    foreign = counts[far > FOREIGN_DISTANCE].sum() / counts.sum()
    if foreign > MAX_FOREIGN:
        raise ValueError(
            f"{foreign:.0%} of it has no colour of {name}, as axes and labels have none; save it without them"
        )
    place = nearest.astype(np.float32) / 255
    return place[inverse.reshape(-1)].reshape(rgb.shape[:2])


@lru_cache
def _tree(name: str) -> Any:  # a cKDTree, which is imported when it is needed
    """The 256 colours of a matplotlib map, RGB of 0 … 255, to search for the nearest."""
    with headless.no_backend():
        import matplotlib  # half a second with the tree, which sound and grey pictures need not wait for
    from scipy.spatial import cKDTree

    return cKDTree(matplotlib.colormaps[name](np.arange(256))[:, :3] * 255)
