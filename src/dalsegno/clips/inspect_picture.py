"""Inspect one spectrogram picture, as `inspect_audio` inspects an audio file."""

from hashlib import sha256
from pathlib import Path

import numpy as np

from dalsegno.clips import entry
from dalsegno.clips.copies import chart
from dalsegno.clips.inspect_audio import Facts
from dalsegno.sound import pictures
from dalsegno.sound.opening import stream

TOP_DB = 80  # what the range from black to white usually spans


def inspect(path: Path, charted: bool) -> Facts:
    """Read the picture `path` and judge it; with `charted`, chart it as well. Never raises for what the file holds."""
    fault = entry.file_fault(path)
    if fault:
        return Facts(fault=fault)
    try:
        values = pictures.read(path)
    except (OSError, ValueError) as error:
        return Facts(fault=f"unreadable: {stream.reason(error)}")
    if min(values.shape) < 8:
        return Facts(fault=f"too short: a picture of {values.shape[0]} x {values.shape[1]} pixels")
    digest = sha256(f"{values.shape}".encode() + values.tobytes()).hexdigest()
    return Facts(channels=1, sha256=digest, chart=_chart(values) if charted else None)


def _chart(values: np.ndarray) -> chart.Chart:
    """The chart of a picture's values [shape=(n_columns, n_rows)]: at most about 400 columns, 24 bands of rows."""
    step = max(1, round(len(values) / 400))
    columns = values[: len(values) // step * step].reshape(-1, step, values.shape[1]).mean(1)
    edges = np.linspace(0, values.shape[1], chart.BANDS + 1).round().astype(int)
    bands = [columns[:, min(i, j - 1) : j].mean(1) for i, j in zip(edges[:-1], np.maximum(edges[1:], 1), strict=True)]
    return chart.of_levels(np.stack(bands, axis=1) * TOP_DB)
