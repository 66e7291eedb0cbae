"""Power as stored decibels: [-top_db, 0] relative to the clip's loudest point, in a byte or a half-precision float."""

from typing import Any, Literal

import numpy as np

from dalsegno import spectrum

Dtype = Literal["uint8", "float16"]


def encode(power: np.ndarray, top_db: float, dtype: Dtype) -> np.ndarray:
    """`power` as stored, same shape. uint8 is off by at most top_db / 510 dB, float16 by at most top_db / 2048.

    A clip of nothing but zeros is all floor, not all peak.
    """
    db = spectrum.decibels(power, top_db=None)
    peak_db = db.max() if power.any() else np.float32(np.inf)
    if dtype == "float16":
        return np.maximum(db - peak_db, np.float32(-top_db), out=db).astype(np.float16)
    scale = np.float32(255 / top_db)
    db *= scale
    db += np.float32(255.5) - peak_db * scale  # the half makes the cast, which cuts, round
    return np.maximum(db, 0, out=db).astype(np.uint8)


def meta(top_db: float, dtype: Dtype) -> dict[str, Any]:
    """How a stored number becomes dB: `stored * scale + offset`; `floor` is the softest value there is."""
    scale, offset = (top_db / 255, -top_db) if dtype == "uint8" else (1.0, 0.0)
    return {"unit": "dB", "top_db": top_db, "scale": scale, "offset": offset, "floor": -top_db}
