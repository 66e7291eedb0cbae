"""Plots of scores: with their intervals, against what they cost, reliability, and confusions. Nothing is shown by colour alone."""

from typing import Any

import numpy as np
import pandas as pd

from dalsegno.report import formatting
from dalsegno.report.drawing import scales
from dalsegno.report.drawing.axes import ACCENT, FAINT, INK, LINE, SHADE, Axes
from dalsegno.report.drawing.figure import svg
from dalsegno.report.drawing.scales import Scale
from dalsegno.report.drawing.words import short

WHOLE = Scale(0, 1)  # of shares
SIDE = 22  # points of a cell of a matrix


def forest(models: dict[str, dict[str, Any]], chance: float, metric: str = "accuracy", narrow: bool = False) -> str:
    """A score of each model with its interval, the most accurate model on top; a dotted line at `chance`.

    narrow: as a phone is, names and numbers above the intervals and not beside them.
    """
    ranked = [(name, models[name]) for name in reversed(formatting.ranked(models))]
    width, height = (225, 32) if narrow else (385, 19)
    axes = Axes(width, height * len(ranked), WHOLE, Scale(-0.6, len(ranked) - 0.4))
    axes.round_below(metric.replace("_", " "), percent=True)
    if not narrow:
        axes.left(range(len(ranked)), [short(name) for name, _ in ranked], line=False)
    axes.line([chance, chance], [-0.6, len(ranked) - 0.4], INK, 1, "1 1.7")
    axes.text(chance * axes.width, -5, "even guessing")
    for row, (name, scores) in enumerate(ranked):
        low, high = scores.get(f"{metric}_low"), scores.get(f"{metric}_high")
        if low is not None and high is not None:
            axes.line([low, high], [row, row], ACCENT, 2.2)
            for end in (low, high):
                axes.line([end, end], [row - 0.22, row + 0.22], ACCENT, 1.4)
        axes.dots([scores[metric]], [row], 3.25, ACCENT)
        ((right, middle),) = axes.places([1], [row])
        words = "{}  ({})".format(*formatting.with_ends(scores, metric))
        if narrow:
            axes.text(0, middle - 14, short(name))
            axes.text(right, middle - 14, words, anchor="end")
        else:
            axes.text(right + 8, middle, words)
    return svg([axes])


def reliability(rows: pd.DataFrame, names: list[str]) -> str:
    """Accuracy against confidence of each model, in panels: as trained, a dot as large as its bin, and after temperature scaling dashed.

    rows: of reliability.csv. The nearer to the diagonal, the more its probabilities mean; below it, a model is too sure.
    """
    columns, ticks = 5 if len(names) == 5 else 4, [0, 0.5, 1]
    shares = ["0", "50%", "100%"]
    panels, gap = [], 19
    side = (471 - gap * (columns - 1)) / columns  # points
    for i, name in enumerate(names):
        axes, first = Axes(side, side, WHOLE, WHOLE), i % columns == 0
        axes.left(ticks, shares if first else [""] * 3, "share that is right" if first else "")
        axes.below(ticks, shares, "probability" if i + columns >= len(names) else "")
        axes.line([0, 1], [0, 1], INK, 0.8, "0.8 1.3")
        of_model = rows[rows["model"] == name]
        for scaled, dash in ((False, ""), (True, "4.8 2")):
            line = of_model[of_model["scaled"] == scaled]
            axes.line(line["confidence"], line["accuracy"], ACCENT, 1.3, dash)
        bins = of_model[~of_model["scaled"].astype(bool)]
        area = 110 * bins["clips"] / max(1, bins["clips"].sum()) + 2  # in square points
        axes.dots(bins["confidence"], bins["accuracy"], np.sqrt(area / np.pi), ACCENT)
        axes.title(name)
        panels.append(axes)
    return svg(panels, columns, (gap, 36))


COSTS = {
    "train_s": "seconds of training per run", "converge_s": "seconds of training up to the best epoch",
    "predict_ms_per_clip": "milliseconds of prediction per clip", "parameters": "parameters",
}  # fmt: skip


def costs(models: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """Accuracy against each cost that two models or more have, on a logarithmic axis: (what it costs, the plot)."""
    found = []
    for cost, label in COSTS.items():
        known = {name: m for name, m in models.items() if (m.get(cost) or 0) > 0}
        if len(known) > 1:
            found.append((label, _against(known, cost, label)))
    return found


def _against(models: dict[str, dict[str, Any]], cost: str, label: str) -> str:
    axes = Axes(155, max(125, LINE * len(models)), scales.around([m[cost] for m in models.values()], log=True), WHOLE)
    axes.round_below(label)
    axes.round_left("accuracy", percent=True)
    axes.beside([(m[cost], m["accuracy"], name, ACCENT) for name, m in models.items()])
    return svg([axes])


def confusion(rows: pd.DataFrame) -> str:
    """One model's clips by actual class (row) and predicted class (column): counts, shaded by share of the row.

    rows: of one model in confusion.csv, where the diagonal has every class and other cells may be missing.
    """
    classes = list(dict.fromkeys(rows["actual"]))
    k, place = len(classes), {name: i for i, name in enumerate(classes)}
    axes = Axes(SIDE * k, SIDE * k, Scale(0, k), Scale(k, 0))
    lines = "".join(f"M0 {SIDE * i}H{SIDE * k}M{SIDE * i} 0V{SIDE * k}" for i in range(k + 1))
    for row in rows[rows["clips"] > 0].itertuples():
        x, y = SIDE * place[row.predicted], SIDE * place[row.actual]
        axes.parts.append(
            f'<rect x="{x}" y="{y}" width="{SIDE}" height="{SIDE}" fill="{SHADE}" fill-opacity="{row.share}"/>'
        )
        axes.text(x + SIDE / 2, y + SIDE / 2, f"{row.clips:,}", 8, "middle", colour="white" if row.share > 0.7 else INK)
    axes.path(lines, INK, 0.5, alpha=FAINT)
    names, middles = [short(name) for name in classes], [i + 0.5 for i in range(k)]
    axes.below(middles, names, "predicted", 90, line=False)
    axes.left(middles, names, "actual", line=False)
    return svg([axes])
