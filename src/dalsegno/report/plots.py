"""Plots of scores: accuracies with their intervals, and confusions. Nothing is shown by colour alone."""

from typing import Any

import pandas as pd

from dalsegno.pipeline import headless
from dalsegno.report import drawing, formatting

with headless.no_backend():
    from matplotlib.patches import Rectangle
    from matplotlib.ticker import PercentFormatter


def forest(models: dict[str, dict[str, Any]], chance: float) -> str:
    """Accuracy of each model with its interval, the best on top; a dotted line at `chance`."""
    ranked = sorted(models.items(), key=lambda item: item[1]["accuracy"])
    with drawing.style():
        figure, axes = drawing.axes(6.9, 0.75 + 0.3 * len(ranked))
        for row, (_, scores) in enumerate(ranked):
            low, high = scores.get("accuracy_low"), scores.get("accuracy_high")
            if low is not None and high is not None:
                axes.plot([low, high], [row, row], color=drawing.ACCENT, linewidth=2.2, solid_capstyle="butt")
                axes.plot([low, high], [row, row], "|", color=drawing.ACCENT, markersize=8, markeredgewidth=1.4)
            axes.plot(scores["accuracy"], row, "o", color=drawing.ACCENT, markersize=6.5)
            words = "{}  ({})".format(*formatting.with_ends(scores, "accuracy"))
            drawing.text(axes, 1.02, row, words, transform=axes.get_yaxis_transform())
        axes.axvline(chance, color=drawing.INK, linewidth=1, linestyle=":")
        drawing.text(axes, chance, len(ranked) - 0.35, " even guessing", va="bottom")
        axes.set(xlim=(0, 1), ylim=(-0.6, len(ranked) - 0.4), xlabel="accuracy")
        axes.xaxis.set_major_formatter(PercentFormatter(1, 0))
        drawing.ticks(axes, "y", [name for name, _ in ranked])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        return drawing.svg(figure)


def confusion(rows: pd.DataFrame) -> str:
    """One model's clips by actual class (row) and predicted class (column): counts, shaded by share of the row.

    rows: of one model in confusion.csv, where the diagonal has every class and other cells may be missing.
    """
    classes = list(dict.fromkeys(rows["actual"]))
    k, place = len(classes), {name: i for i, name in enumerate(classes)}
    with drawing.style():
        figure, axes = drawing.axes(0.9 + 0.31 * k, 0.8 + 0.31 * k)
        for row in rows[rows["clips"] > 0].itertuples():
            x, y = place[row.predicted], place[row.actual]
            axes.add_patch(Rectangle((x, y), 1, 1, color=drawing.SHADE, alpha=row.share, linewidth=0))
            colour = "white" if row.share > 0.7 else drawing.INK
            drawing.text(axes, x + 0.5, y + 0.5, f"{row.clips:,}", ha="center", color=colour, fontsize=8)
        axes.hlines(range(k + 1), 0, k, color=drawing.INK, alpha=drawing.FAINT, linewidth=0.5)
        axes.vlines(range(k + 1), 0, k, color=drawing.INK, alpha=drawing.FAINT, linewidth=0.5)
        axes.set(xlim=(0, k), ylim=(k, 0), aspect="equal", xlabel="predicted", ylabel="actual")
        drawing.ticks(axes, "x", classes, 0.5, rotation=90)
        drawing.ticks(axes, "y", classes, 0.5)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        return drawing.svg(figure)
