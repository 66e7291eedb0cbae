"""Plots of training over epochs, and of accuracy over coverage.

Nothing is shown by colour alone: lines have styles, and names at their ends.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from dalsegno.pipeline import headless
from dalsegno.report import drawing

with headless.no_backend():
    from matplotlib.axes import Axes
    from matplotlib.ticker import MaxNLocator, PercentFormatter

# After Okabe & Ito; each can be seen on white and on black.
COLOURS = ["#2a7fc4", "#d55e00", "#009e73", "#cc79a7", "#7a6cc4", "#6b7480", "#a8701f", "#c8356d"]
PARTS = [("log-loss", "train_log_loss", "val_loss"), ("accuracy", "train_accuracy", "val_accuracy")]
CROWD = 6  # lines up to which each has a colour; of more, the first alone has
STYLES = ["-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5))]


def overlay(curves: pd.DataFrame, y: str, label: str, models: Sequence[str] = ()) -> str:
    """One metric of all models over epochs: single runs faint, their mean strong for as long as all runs go on.

    models: all that the report has; a model looks the same in every plot that is given the same ones.
    """
    with drawing.style():
        figure, axes = drawing.axes(6.9, 3.6)
        ends = []
        looks = _looks(models or list(curves["model"].unique()))
        for name, rows in curves.groupby("model", sort=False):
            ends.append(_lines(axes, rows, y, str(name), *looks[str(name)]))
        _grid(axes, label)
        drawing.beside(axes, ends)
        return drawing.svg(figure)


def parts(curves: pd.DataFrame) -> str:
    """Log-loss and accuracy of one model over its epochs, on validation clips and on as many training clips seen alike.

    Where the two part, the model learns its training clips by heart.
    """
    with drawing.style():
        figure = drawing.figure(5.4, 2.0)
        figure.subplots_adjust(0, 0, 1, 1, wspace=0.55)
        for i, (label, train, valid) in enumerate(PARTS):
            axes, ends = figure.add_subplot(1, 2, i + 1), []
            for y, part, colour, style in (
                (train, "train", drawing.INK, STYLES[1]),
                (valid, "valid", drawing.ACCENT, STYLES[0]),
            ):
                ends.append(_lines(axes, curves, y, part, colour, style))
            _grid(axes, label)
            drawing.beside(axes, ends)
        return drawing.svg(figure)


def coverage(rows: pd.DataFrame, models: Sequence[str]) -> str:
    """Accuracy of each model on the share of clips that it is surest of: what it gains if it may abstain from the rest.

    models: all that the report has, the most accurate first, which alone has a colour where they are many.
    """
    with drawing.style():
        figure, axes = drawing.axes(6.9, 3.4)
        ends = []
        looks, crowd = _looks(models), len(models) > CROWD
        for name, line in rows.groupby("model", sort=False):
            colour, style = looks[str(name)]
            strong: dict[str, Any] = {
                "linewidth": 2.6 if name == models[0] else 1.0,
                "zorder": 3 if name == models[0] else 2,
            }
            colour = drawing.INK if crowd and name != models[0] else colour
            strength: dict[str, Any] = {"alpha": 0.55} if colour == drawing.INK else {}
            axes.plot(line["coverage"], line["accuracy"], color=colour, linestyle=style, **strong, **strength)
            ends.append((float(line["coverage"].iloc[-1]), float(line["accuracy"].iloc[-1]), str(name), colour))
        axes.grid()
        axes.set(xlabel="share of the clips that are answered, the surest first", ylabel="accuracy", xlim=(0, 1))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(PercentFormatter(1, 0))
        drawing.beside(axes, ends)
        return drawing.svg(figure)


def _looks(models: Sequence[str]) -> dict[str, tuple[str, Any]]:
    """The colour and the style of line of each model; 32 models have each their own."""
    return {
        name: (COLOURS[i % len(COLOURS)], STYLES[(i + i // len(COLOURS)) % len(STYLES)])
        for i, name in enumerate(models)
    }


def _lines(axes: Axes, rows: pd.DataFrame, y: str, name: str, colour: str, style: Any) -> drawing.End:
    """Draw each run, and the mean of the runs over the epochs that all of them reached; return where that ends."""
    runs = rows.dropna(subset=[y]).pivot(index="epoch", columns="run", values=y)
    for run in runs if runs.shape[1] > 1 else []:
        of_run = runs[run].dropna()
        axes.plot(of_run.index, of_run, color=colour, alpha=max(0.15, min(0.4, 2 / runs.shape[1])), linewidth=0.8)
    mean = runs.dropna().mean(axis=1)
    axes.plot(mean.index, mean, color=colour, linestyle=style, linewidth=1.8)
    return int(mean.index[-1]), float(mean.iloc[-1]), name, colour


def _grid(axes: Axes, label: str) -> None:
    axes.grid()
    axes.set(xlabel="epoch", ylabel=label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
