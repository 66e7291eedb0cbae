"""Look at one spectrogram picture, as `probe` looks at an audio file."""

from hashlib import sha256
from pathlib import Path

import numpy as np

from dalsegno import fingerprint, pictures, probe

TOP_DB = 80  # what the range from black to white usually spans


def look(path: Path, charted: bool) -> probe.Facts:
    """Read the picture `path` and judge it. Never raises for what the file is or holds."""
    fault = probe.entry_fault(path)
    if fault:
        return probe.Facts(fault=fault)
    try:
        values = pictures.read(path)
    except (OSError, ValueError, SyntaxError) as error:  # Pillow raises SyntaxError on a damaged PNG
        return probe.Facts(fault=f"unreadable: {probe.plain(error)}")
    if min(values.shape) < 8:
        return probe.Facts(fault=f"too short: a picture of {values.shape[0]} x {values.shape[1]} pixels")
    digest = sha256(f"{values.shape}".encode() + values.tobytes()).hexdigest()
    return probe.Facts(channels=1, sha256=digest, chart=_chart(values) if charted else None)


def _chart(values: np.ndarray) -> fingerprint.Chart:
    """The picture as a chart: about 400 columns at most, 24 bands of neighbouring rows."""
    step = max(1, round(len(values) / 400))
    columns = values[: len(values) // step * step].reshape(-1, step, values.shape[1]).mean(1)
    edges = np.linspace(0, values.shape[1], fingerprint.BANDS + 1).round().astype(int)
    bands = [columns[:, min(i, j - 1) : j].mean(1) for i, j in zip(edges[:-1], np.maximum(edges[1:], 1), strict=True)]
    return fingerprint.of_levels(np.stack(bands, axis=1) * TOP_DB)
