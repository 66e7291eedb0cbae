"""Plots of scores: with their intervals, against what they cost, and confusions. Nothing is shown by colour alone."""

from typing import Any

import pandas as pd

from dalsegno.report import formatting
from dalsegno.report.drawing import scales
from dalsegno.report.drawing.axes import ACCENT, FAINT, INK, SHADE, Axes
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
    spans = [(row - 0.3, row + 0.28) for row in range(len(ranked))] if narrow else [(-0.6, len(ranked) - 0.4)]
    for span in spans:  # between the names
        axes.line([chance, chance], span, INK, 1, "1 1.7")
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


COSTS = {
    "train_s": "seconds of training per run", "converge_s": "seconds of training up to the best epoch",
    "predict_ms_per_clip": "milliseconds of prediction per clip", "parameters": "parameters",
}  # fmt: skip


BROAD, NARROW = (340, 190), (212, 250)  # points of an area: on a page; and on a phone, or half a page of paper


def costs(models: dict[str, dict[str, Any]], shape: tuple[int, int] = BROAD) -> list[tuple[str, str]]:
    """Accuracy against each cost that two models or more have, on a logarithmic axis: (what it costs, the plot)."""
    found, ranked = [], formatting.ranked(models)
    for cost, label in COSTS.items():
        known = {name: models[name] for name in ranked if (models[name].get(cost) or 0) > 0}
        if len(known) > 1:
            marks = [str(ranked.index(name) + 1) for name in known]
            found.append((label, _against(known, marks, cost, label, shape)))
    return found


def _against(models: dict[str, dict[str, Any]], marks: list[str], cost: str, label: str, shape: tuple[int, int]) -> str:
    """marks: the place of each model among all, which stands where its name has no room."""
    values, accuracies = ([m[of] for m in models.values()] for of in (cost, "accuracy"))
    axes = Axes(*shape, scales.around(values, 0.06, log=True), scales.around(accuracies, 0.06))
    axes.round_below(label)
    axes.round_left("accuracy", percent=True)
    ends = [(value, accuracy, name, ACCENT) for name, value, accuracy in zip(models, values, accuracies, strict=True)]
    axes.named(ends, marks)
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
