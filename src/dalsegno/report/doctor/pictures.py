"""What a clip looks like: its waveform as a path and its spectrogram as a PNG, both small enough to stand in a page."""

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dalsegno.clips import decoding

SHOWN_S = 8  # of a clip's beginning
COLUMNS, ROWS = 160, 48  # of the spectrogram; the waveform has as many columns
N_FFT, LOWEST_HZ, RANGE_DB, STEPS = 2048, 50.0, 80.0, 64
SILENT, LOUDEST = (250, 246, 236), (22, 27, 34)  # what they are drawn in: dark is loud, as in the report
SHADES = np.linspace(SILENT, LOUDEST, STEPS).round().astype(np.uint8)  # of levels from 0 to 1, red, green and blue


def of_audio(path: Path) -> dict[str, Any]:
    """`wave`, the d of an SVG path in a box of COLUMNS x 2, and `spectrogram`, a PNG as a data URI; of the first SHOWN_S.

    `seconds` and `top_hz` say how far they reach, from 0 and from LOWEST_HZ.
    """
    mono, rate = decoding.beginning(path, SHOWN_S)
    reach = {"seconds": round(len(mono) / rate, 3), "top_hz": rate / 2}
    return {"wave": _wave(mono), "spectrogram": _uri(_levels(mono, rate))} | reach


def of_picture(values: np.ndarray) -> dict[str, Any]:
    """`spectrogram` alone, of a picture's values [shape=(n_columns, n_rows)] in [0, 1], low notes first."""
    return {"spectrogram": _uri(values.T[:: max(1, values.shape[1] // ROWS), :: max(1, len(values) // COLUMNS)])}


def _wave(mono: np.ndarray) -> str:
    """The outline of the waveform: its highest values from left to right, its lowest back."""
    parts = np.array_split(mono / max(1e-9, np.abs(mono).max()), min(COLUMNS, len(mono)))
    high = [f"{x} {1 - part.max():.2f}" for x, part in enumerate(parts)]
    low = [f"{x} {1 - part.min():.2f}" for x, part in enumerate(parts)]
    return f"M{'L'.join(high + low[::-1])}Z"


def _levels(mono: np.ndarray, rate_hz: int) -> np.ndarray:
    """Levels [shape=(ROWS, n_columns)] in [0, 1], 1 the loudest and 0 RANGE_DB below; rows rise by equal steps of pitch."""
    starts = np.linspace(0, max(0, len(mono) - N_FFT), COLUMNS).astype(int)
    frames = np.stack([np.resize(mono[s : s + N_FFT], N_FFT) for s in starts]) * np.hanning(N_FFT)
    power = np.square(np.abs(np.fft.rfft(frames))).T
    edges = np.geomspace(LOWEST_HZ, rate_hz / 2, ROWS + 1) * N_FFT / rate_hz
    first, last = np.floor(edges[:-1]).astype(int), np.ceil(edges[1:]).astype(int)
    bands = np.stack([power[i : max(j, i + 1)].mean(0) for i, j in zip(first, last, strict=True)])
    level_db = 10 * np.log10(np.maximum(bands, 1e-12))
    return np.clip(1 + (level_db - level_db.max()) / RANGE_DB, 0, 1)


def _uri(levels: np.ndarray) -> str:
    """A palette PNG, the lowest row at the foot, as a data URI; the same bytes for the same levels."""
    picture = Image.fromarray((levels[::-1] * (STEPS - 1)).round().astype(np.uint8), mode="L").convert("P")
    picture.putpalette(SHADES.tobytes())
    data = io.BytesIO()
    picture.save(data, "PNG", optimize=False)
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()
