"""Spectrograms that people saved as pictures, grey or colour-mapped, turned back into values."""

from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image
from scipy.spatial import cKDTree

MAPS = (
    "magma",
    "inferno",
    "viridis",
    "plasma",
    "cividis",
    "jet",
    "turbo",
    "hot",
    "coolwarm",
    "gnuplot2",
    "Blues",
    "Reds",
)
LARGEST = 50_000_000  # pixels; more is a mistake or an attack
NEAR = 12.0  # mean distance in RGB, of 255 a channel, of a picture's colours from those of its map; JPEG blurs them


def read(path: Path) -> np.ndarray:
    """Values in [0, 1] [shape=(n_columns, n_rows), float32]: time first, the picture's lowest row is bin 0.

    White margins and transparent pixels are cut off. Raises ValueError if the file is no picture that can be read, is
    of one colour, or is coloured by no known matplotlib map.
    """
    rgb = _pixels(path)
    if rgb.ndim == 2 or (np.ptp(rgb, axis=2) <= 2).all():
        values = (rgb if rgb.ndim == 2 else rgb[:, :, 1]).astype(np.float32) / 255
    else:
        values = _unmapped(_without_margins(rgb))
    if np.ptp(values) == 0:
        raise ValueError("one colour all over")
    return np.ascontiguousarray(values[::-1].T)


def _pixels(path: Path) -> np.ndarray:
    """Bytes, grey [shape=(n_rows, n_columns)] or RGB [shape=(n_rows, n_columns, 3)]."""
    with Image.open(path) as picture:
        if picture.width * picture.height > LARGEST:
            raise ValueError(f"{picture.width} x {picture.height} pixels are more than a spectrogram has")
        if picture.mode.startswith("I"):
            return (
                (np.asarray(picture, dtype=np.float32) * np.float32(255 / 65535)).round().clip(0, 255).astype(np.uint8)
            )
        if picture.mode in ("1", "L"):
            return np.asarray(picture.convert("L"))
        rgba = np.asarray(picture.convert("RGBA"))
    return np.where(rgba[:, :, 3:] < 128, np.uint8(255), rgba[:, :, :3])


def _without_margins(rgb: np.ndarray) -> np.ndarray:
    inked = (rgb < 250).any(axis=2)
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    return rgb[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else rgb


def _unmapped(rgb: np.ndarray) -> np.ndarray:
    """Each pixel's place in [0, 1] on the colour map whose colours are nearest to the picture's."""
    colours, back = np.unique(rgb.reshape(-1, 3), axis=0, return_inverse=True)
    some = colours[:: max(1, len(colours) // 500)]
    distance, name = min((float(_tree(name).query(some)[0].mean()), name) for name in MAPS)
    if distance > NEAR:
        raise ValueError(f"neither grey nor coloured by a map that is known here ({', '.join(MAPS)})")
    place = _tree(name).query(colours)[1].astype(np.float32) / 255
    return place[back.reshape(-1)].reshape(rgb.shape[:2])


@lru_cache
def _tree(name: str) -> cKDTree:
    return cKDTree(matplotlib.colormaps[name](np.arange(256))[:, :3] * 255)
