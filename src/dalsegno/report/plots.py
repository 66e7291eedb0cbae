"""Plots of scores: with their intervals, against what they cost, reliability, and confusions. Nothing is shown by colour alone."""

from typing import Any

import pandas as pd

from dalsegno.pipeline import headless
from dalsegno.report import drawing, formatting

with headless.no_backend():
    from matplotlib.patches import Rectangle
    from matplotlib.ticker import PercentFormatter


def forest(models: dict[str, dict[str, Any]], chance: float, metric: str = "accuracy") -> str:
    """A score of each model with its interval, the most accurate model on top; a dotted line at `chance`."""
    ranked = sorted(models.items(), key=lambda item: item[1]["accuracy"])
    with drawing.style():
        figure, axes = drawing.axes(6.9, 0.75 + 0.3 * len(ranked))
        for row, (_, scores) in enumerate(ranked):
            low, high = scores.get(f"{metric}_low"), scores.get(f"{metric}_high")
            if low is not None and high is not None:
                axes.plot([low, high], [row, row], color=drawing.ACCENT, linewidth=2.2, solid_capstyle="butt")
                axes.plot([low, high], [row, row], "|", color=drawing.ACCENT, markersize=8, markeredgewidth=1.4)
            axes.plot(scores[metric], row, "o", color=drawing.ACCENT, markersize=6.5)
            words = "{}  ({})".format(*formatting.with_ends(scores, metric))
            drawing.text(axes, 1.02, row, words, transform=axes.get_yaxis_transform())
        axes.axvline(chance, color=drawing.INK, linewidth=1, linestyle=":")
        drawing.text(axes, chance, len(ranked) - 0.35, " even guessing", va="bottom")
        axes.set(xlim=(0, 1), ylim=(-0.6, len(ranked) - 0.4), xlabel=metric.replace("_", " "))
        axes.xaxis.set_major_formatter(PercentFormatter(1, 0))
        drawing.ticks(axes, "y", [name for name, _ in ranked])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        return drawing.svg(figure)


def reliability(rows: pd.DataFrame, names: list[str]) -> str:
    """Accuracy against confidence of each model, in panels: as trained, a dot as large as its bin, and after temperature scaling dashed.

    rows: of reliability.csv. The nearer to the diagonal, the more its probabilities mean; below it, a model is too sure.
    """
    columns = 4
    n_rows = -(-len(names) // columns)
    with drawing.style():
        figure = drawing.figure(6.9, 1.95 * n_rows)
        for i, name in enumerate(names):
            axes = figure.add_subplot(n_rows, columns, i + 1)
            axes.plot([0, 1], [0, 1], ":", color=drawing.INK, linewidth=0.8)
            of_model = rows[rows["model"] == name]
            for scaled, style in ((False, "-"), (True, "--")):
                line = of_model[of_model["scaled"] == scaled]
                axes.plot(line["confidence"], line["accuracy"], style, color=drawing.ACCENT, linewidth=1.3)
            bins = of_model[~of_model["scaled"].astype(bool)]
            area = 110 * bins["clips"] / max(1, bins["clips"].sum()) + 2  # in square points
            axes.scatter(
                bins["confidence"], bins["accuracy"], area, color=drawing.ACCENT, linewidths=0, zorder=3, clip_on=False
            )
            axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
            axes.set_xticklabels(["0", ".5", "1"])
            axes.set_yticklabels(["0", ".5", "1"] if i % columns == 0 else [])
            axes.set_ylabel("share that is right" if i % columns == 0 else "", fontsize=8)
            axes.set_xlabel("probability" if i + columns >= len(names) else "", fontsize=8)
            drawing.title(axes, name)
            axes.grid()
        figure.subplots_adjust(0, 0, 1, 1, hspace=0.35, wspace=0.12)
        return drawing.svg(figure)


COSTS = {
    "train_s": "seconds of training per run", "converge_s": "seconds of training up to the best epoch",
    "predict_ms_per_clip": "milliseconds of prediction per clip", "parameters": "trained parameters",
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
    with drawing.style():
        figure, axes = drawing.axes(2.6, max(2.2, 0.7 + 0.19 * len(models)))
        axes.set(xscale="log", ylim=(0, 1), xlabel=label, ylabel="accuracy")
        axes.plot([m[cost] for m in models.values()], [m["accuracy"] for m in models.values()], " ")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}")
        axes.xaxis.set_minor_formatter("")
        axes.yaxis.set_major_formatter(PercentFormatter(1, 0))
        axes.grid()
        drawing.beside(axes, [(m[cost], m["accuracy"], name, drawing.ACCENT) for name, m in models.items()])
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
