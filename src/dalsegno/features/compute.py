"""The features of a clip as rows of a table: one decode and one spectrum per clip serve them all."""

from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from dalsegno.features import statistics
from dalsegno.features.analysis import Analysis
from dalsegno.features.catalogue import FEATURES, Params
from dalsegno.pipeline.errors import UserError
from dalsegno.sound import audio


def compute(clip: tuple[str, Path], p: Params) -> list[dict[str, float]]:
    """The features of one (clip_id, path): a row per segment, by column `<feature>_<coefficient>_<statistic>`.

    Raises UserError naming the file if it cannot be decoded or has fewer samples than segments, and the feature if a
    value of it is not finite.
    """
    clip_id, path = clip
    y = audio.load(path, p.sample_rate_hz, p.peak_normalise)
    if len(y) < p.segments:
        raise UserError(f"clip {clip_id} ({path}): {len(y)} samples make no {p.segments} segments")
    return [_row(f"clip {clip_id} ({path})", part, p) for part in np.array_split(y, p.segments)]


def _row(where: str, y: Float32[np.ndarray, " n_samples"], p: Params) -> dict[str, float]:
    """The features of some samples, by column; `where` is how an error calls them."""
    a = Analysis(y, p.sample_rate_hz, p.n_fft, p.hop_length, p.n_mels)
    values = {name: FEATURES[name](a, p) for name in p.use}
    for name, x in values.items():
        if not np.isfinite(x).all():
            raise UserError(f"{where}: feature {name} is not finite; exclude the clip, or leave {name} out")
    return summarise(values, p.stats)


def summarise(
    values: dict[str, Float[np.ndarray, "n_frames n_values"] | Float[np.ndarray, " n_values"]], stats: list[str]
) -> dict[str, float]:
    """Statistics of values over time; values of the whole clip as they are, under the name `value`."""
    series = {f"{name}_{i:02d}": column for name, x in values.items() if x.ndim == 2 for i, column in enumerate(x.T)}
    row = {f"{name}_{i:02d}_value": float(v) for name, x in values.items() if x.ndim == 1 for i, v in enumerate(x)}
    if series:
        stacked = statistics.Series(np.stack(list(series.values())).astype(np.float64))
        by_statistic = {s: statistics.STATISTICS[s](stacked) for s in stats}
        row |= {f"{name}_{s}": float(v[i]) for i, name in enumerate(series) for s, v in by_statistic.items()}
    return row
