"""Plots with a panel for each model: how often it is right when it is sure, and how accurate if it may abstain."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dalsegno.report.drawing import scales
from dalsegno.report.drawing.axes import ACCENT, INK, Axes
from dalsegno.report.drawing.figure import svg
from dalsegno.report.drawing.scales import Scale

WHOLE = Scale(0, 1)  # of shares
HALVES, SHARES = [0, 0.5, 1], ["0", "50%", "100%"]
BROAD, NARROW = (471, 4), (228, 2)  # points of all panels of a row, and how many: on a page, and on a phone
GAP, BELOW = 19, 36  # points between two panels, and between two rows
BEHIND = 20  # other models at most whose lines stand behind that of one


def reliability(rows: pd.DataFrame, names: Sequence[str], shape: tuple[int, int] = BROAD) -> str:
    """Accuracy against confidence of each model: as trained, a dot as large as its bin, and after temperature scaling dashed.

    rows: of reliability.csv. The nearer to the diagonal, the more its probabilities mean; below it, a model is too sure.
    """
    panels = []
    for name, axes, first, last in _empty(names, WHOLE, shape):
        axes.left(HALVES, SHARES if first else [""] * 3, "share that is right" if first else "")
        axes.below(HALVES, SHARES, "probability" if last else "")
        axes.line([0, 1], [0, 1], INK, 0.8, "0.8 1.3")
        of_model = rows[rows["model"] == name]
        for scaled, dash in ((False, ""), (True, "4.8 2")):
            line = of_model[of_model["scaled"] == scaled]
            axes.line(line["confidence"], line["accuracy"], ACCENT, 1.3, dash)
        bins = of_model[~of_model["scaled"].astype(bool)]
        area = 110 * bins["clips"] / max(1, bins["clips"].sum()) + 2  # in square points
        axes.dots(bins["confidence"], bins["accuracy"], np.sqrt(area / np.pi), ACCENT)
        panels.append(axes)
    return svg(panels, shape[1], (GAP, BELOW))


def coverage(rows: pd.DataFrame, names: Sequence[str], shape: tuple[int, int] = BROAD) -> str:
    """Accuracy of each model on the share of clips that it is surest of: what it gains if it may abstain from the rest.

    names: of all models, the most accurate first; behind each, others are grey.
    """
    panels, lines = [], {str(name): line for name, line in rows.groupby("model", sort=False)}
    y = scales.around(rows["accuracy"])
    ticks = y.ticks(4)
    for name, axes, first, last in _empty(names, y, shape):
        axes.left(
            ticks, scales.written(ticks, percent=True) if first else [""] * len(ticks), "accuracy" if first else ""
        )
        axes.below(HALVES, SHARES, "share answered" if last else "")
        for other in [other for other in names if other != name][:BEHIND]:
            axes.line(lines[other]["coverage"], lines[other]["accuracy"], INK, 0.8, alpha=0.25)
        axes.line(lines[name]["coverage"], lines[name]["accuracy"], ACCENT, 1.8)
        panels.append(axes)
    return svg(panels, shape[1], (GAP, BELOW))


def _empty(names: Sequence[str], y: Scale, shape: tuple[int, int]) -> list[tuple[str, Axes, bool, bool]]:
    """Each model with its axes; whether these are the first of their row, and whether none stands below them."""
    width, columns = shape
    side = (width - GAP * (columns - 1)) / columns
    found = []
    for i, name in enumerate(names):
        axes = Axes(side, side, WHOLE, y)
        axes.title(name, side + GAP)
        found.append((name, axes, i % columns == 0, i + columns >= len(names)))
    return found
