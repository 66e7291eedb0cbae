"""A map of the scored clips: the plane in which their features differ most, by principal components."""

import numpy as np
import pandas as pd
from jaxtyping import Float

from dalsegno.artefacts.features_parquet import FeatureTable
from dalsegno.report.curve_plots import COLOURS
from dalsegno.report.drawing import scales
from dalsegno.report.drawing.axes import CROSS, DISC, FAINT, INK, LINE, Axes
from dalsegno.report.drawing.figure import svg
from dalsegno.report.drawing.words import short

DOT = "m-.9 0a.9.9 0 1 0 1.8 0a.9.9 0 1 0-1.8 0z"
SHAPES = [
    DISC, "m-2.1-2.1h4.2v4.2h-4.2z", "m0-2.7l2.7 5h-5.4z",
    "m0-3l3 3l-3 3l-3-3z", "m0 2.7l2.7-5h-5.4z", "m0-3.6l1 2.6l2.6 1l-2.6 1l-1 2.6l-1-2.6l-2.6-1l2.6-1z",
    "m-.9-2.7h1.8v1.8h1.8v1.8h-1.8v1.8h-1.8v-1.8h-1.8v-1.8h1.8z", CROSS,
]  # fmt: skip
"""Circle, square, triangle, diamond, triangle, star, plus and cross; with the colours they tell many classes apart."""
N_NAMED = 24  # more classes than a reader can look up in a legend: the others are grey dots
ELSE = "other classes"


def draw(table: FeatureTable, labels: pd.Series) -> tuple[str, str, float] | None:
    """The map as SVG, the same for a phone, and the share of the variance that its two axes hold; None for fewer than three clips.

    labels: class name by clip_id; only its clips are drawn. Features are standardised over these clips, and the rows of
    a clip averaged.
    """
    rows = pd.DataFrame(table.x).groupby(table.clip_ids).mean()
    rows = rows.loc[rows.index.isin(labels.index)]
    if len(rows) < 3:
        return None
    places, share = _plane(rows.to_numpy(np.float64))
    of_clips = labels.loc[rows.index].to_numpy()
    return _svg(places, of_clips, narrow=False), _svg(places, of_clips, narrow=True), share


def _plane(x: Float[np.ndarray, "n m"]) -> tuple[Float[np.ndarray, "n 2"], float]:
    spread = x.std(0)
    x = (x - x.mean(0)) / np.where(spread > 0, spread, 1.0)
    u, size, _ = np.linalg.svd(x, full_matrices=False)
    places = np.zeros((len(x), 2))
    n = min(2, len(size))
    places[:, :n] = u[:, :n] * size[:n]
    places *= np.where(places[np.abs(places).argmax(0), [0, 1]] < 0, -1.0, 1.0)  # an axis has no direction of its own
    return places, float((size[:n] ** 2).sum() / max((size**2).sum(), 1e-12))


def _svg(places: Float[np.ndarray, "n 2"], labels: np.ndarray, narrow: bool) -> str:
    """narrow: as a phone is, with the classes below the map and not beside it."""
    counts = pd.Series(labels).value_counts()
    named = sorted(
        counts.index if len(counts) <= N_NAMED else counts.sort_index().nlargest(N_NAMED, keep="first").index
    )
    size = (220, 220) if narrow else (385, max(255, LINE * (len(named) + 1)))
    axes = Axes(*size, scales.around(places[:, 0]), scales.around(places[:, 1]))
    axes.round_below("first principal component")
    axes.round_left("second")
    turn = [i + i // len(COLOURS) for i in range(len(named))]  # a colour that comes again has another shape
    looks = {name: (SHAPES[turn[i] % len(SHAPES)], COLOURS[i % len(COLOURS)], 0.85) for i, name in enumerate(named)}
    rest = ~np.isin(labels, named)
    groups = [(name, labels == name, looks[name]) for name in named]
    groups = [(ELSE, rest, (DOT, INK, FAINT)), *groups] if rest.any() else groups
    for i, (name, here, look) in enumerate(groups):
        axes.marks(places[here, 0], places[here, 1], *look)
        if narrow:
            left, height = i % 2 * axes.width / 2, axes.height + 34 + LINE * (i // 2)
        else:
            left, height = axes.width + 14, axes.height / 2 + LINE * (i - (len(groups) - 1) / 2)
        axes.signs([(left, height)], *look)
        axes.text(left + 10, height, short(name, 17 if narrow else 30))
    return svg([axes])
