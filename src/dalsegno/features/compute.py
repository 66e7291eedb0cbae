"""The features of a clip as one row of a table: one decode and one spectrum per clip serve them all."""

from pathlib import Path

import numpy as np

from dalsegno.features import statistics
from dalsegno.features.analysis import Analysis
from dalsegno.features.catalogue import FEATURES, Params
from dalsegno.pipeline.errors import UserError
from dalsegno.sound import audio


def compute(clip: tuple[str, Path], p: Params) -> list[dict[str, float]]:
    """Figures of one (clip_id, path), for each of its segments, by column: `<feature>_<coefficient>_<statistic>`.

    Raises UserError naming the file if it cannot be decoded, or the clip and the feature if a figure is not finite.
    """
    clip_id, path = clip
    y = audio.load(path, p.sample_rate_hz, p.peak_normalise)
    if len(y) < p.segments:
        raise UserError(f"clip {clip_id} ({path}): {len(y)} samples make no {p.segments} segments")
    return [_figures(f"clip {clip_id} ({path})", part, p) for part in np.array_split(y, p.segments)]


def _figures(where: str, y: np.ndarray, p: Params) -> dict[str, float]:
    """Figures of samples [shape=(n_samples,)]; `where` is what an error calls them."""
    a = Analysis(y, p.sample_rate_hz, p.n_fft, p.hop_length, p.n_mels)
    values = {name: FEATURES[name](a, p) for name in p.use}
    for name, x in values.items():
        if not np.isfinite(x).all():
            raise UserError(f"{where}: feature {name} is not finite; exclude the clip, or leave {name} out")
    return summarise(values, p.stats)


def summarise(values: dict[str, np.ndarray], stats: list[str]) -> dict[str, float]:
    """Statistics of (n_frames, n) values; (n,) values as they are, under the name `value`."""
    series = {f"{name}_{i:02d}": column for name, x in values.items() if x.ndim == 2 for i, column in enumerate(x.T)}
    columns = {f"{name}_{i:02d}_value": float(v) for name, x in values.items() if x.ndim == 1 for i, v in enumerate(x)}
    if series:
        stacked = statistics.Series(np.stack(list(series.values())).astype(np.float64))
        found = [statistics.STATISTICS[s](stacked) for s in stats]
        columns |= {
            f"{name}_{s}": float(v[i]) for i, name in enumerate(series) for s, v in zip(stats, found, strict=True)
        }
    return columns
