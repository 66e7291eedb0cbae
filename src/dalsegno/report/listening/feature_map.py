"""A map of the scored clips: the plane in which their features differ most, by principal components."""

import numpy as np
import pandas as pd
from jaxtyping import Float

from dalsegno.artefacts.features_parquet import FeatureTable
from dalsegno.report import drawing
from dalsegno.report.curve_plots import COLOURS

MARKERS = "os^Dv*PX"  # of equal weight to the eye; with the colours they tell 48 classes apart
N_NAMED = 24  # more classes than a reader can look up in a legend: the others are grey dots
ELSE = "other classes"


def draw(table: FeatureTable, labels: pd.Series) -> tuple[str, float] | None:
    """The map as SVG, and the share of the variance that its two axes hold; None for fewer than three clips.

    labels: class name by clip_id; only its clips are drawn. Features are standardised over these clips, and the rows of
    a clip averaged.
    """
    rows = pd.DataFrame(table.x).groupby(table.clip_ids).mean()
    rows = rows.loc[rows.index.isin(labels.index)]
    if len(rows) < 3:
        return None
    places, share = _plane(rows.to_numpy(np.float64))
    return _svg(places, labels.loc[rows.index].to_numpy()), share


def _plane(x: Float[np.ndarray, "n m"]) -> tuple[Float[np.ndarray, "n 2"], float]:
    spread = x.std(0)
    x = (x - x.mean(0)) / np.where(spread > 0, spread, 1.0)
    u, size, _ = np.linalg.svd(x, full_matrices=False)
    places = np.zeros((len(x), 2))
    n = min(2, len(size))
    places[:, :n] = u[:, :n] * size[:n]
    places *= np.where(places[np.abs(places).argmax(0), [0, 1]] < 0, -1.0, 1.0)  # an axis has no direction of its own
    return places, float((size[:n] ** 2).sum() / max((size**2).sum(), 1e-12))


def _svg(places: Float[np.ndarray, "n 2"], labels: np.ndarray) -> str:
    counts = pd.Series(labels).value_counts()
    named = sorted(
        counts.index if len(counts) <= N_NAMED else counts.sort_index().nlargest(N_NAMED, keep="first").index
    )
    with drawing.style():
        figure, axes = drawing.axes(6.9, max(4.6, 0.6 + 0.19 * len(named)))
        rest = ~np.isin(labels, named)
        if rest.any():
            axes.plot(*places[rest].T, ".", color=drawing.INK, alpha=drawing.FAINT, markersize=3, label=ELSE)
        for i, name in enumerate(named):
            axes.plot(
                *places[labels == name].T, linestyle="", marker=MARKERS[i % len(MARKERS)], color=COLOURS[i % len(COLOURS)],
                markersize=5, markeredgewidth=0, alpha=0.85, label=name,
            )  # fmt: skip
        axes.set(xlabel="first principal component", ylabel="second")
        axes.grid()
        legend = axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8.5)
        for text in legend.get_texts():
            text.set_parse_math(False)
            text.set_text(drawing.short(text.get_text()))
        return drawing.svg(figure)
