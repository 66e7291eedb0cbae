"""Plots of training over epochs, and of accuracy over coverage.

Nothing is shown by colour alone: lines have styles, and names at their ends.
"""

from collections.abc import Sequence

import pandas as pd

from dalsegno.report.drawing import scales
from dalsegno.report.drawing.axes import ACCENT, INK, Axes, End
from dalsegno.report.drawing.figure import svg
from dalsegno.report.drawing.scales import Scale

# After Okabe & Ito; each can be seen on white and on black.
COLOURS = ["#2a7fc4", "#d55e00", "#009e73", "#cc79a7", "#7a6cc4", "#6b7480", "#a8701f", "#c8356d"]
PARTS = [("log-loss", "train_log_loss", "val_loss"), ("accuracy", "train_accuracy", "val_accuracy")]
CROWD = 6  # lines up to which each has a colour; of more, the first alone has
STYLES = ["", "9 2.7", "2.7 2.2", "10.8 2.7 2.7 2.7"]  # of dashes


def overlay(curves: pd.DataFrame, y: str, label: str, models: Sequence[str] = (), height: float = 200) -> str:
    """One metric of all models over epochs: single runs faint, their mean strong for as long as all runs go on.

    models: all that the report has; a model looks the same in every plot that is given the same ones.
    """
    axes = _over_epochs(385, height, curves, [y], label)
    looks = _looks(models or list(curves["model"].unique()))
    by_model = curves.groupby("model", sort=False)
    axes.beside([_lines(axes, rows, y, str(name), *looks[str(name)]) for name, rows in by_model])
    return svg([axes])


def parts(curves: pd.DataFrame, width: float = 152, height: float = 140) -> str:
    """Log-loss and accuracy of one model over its epochs, on validation clips and on as many training clips seen alike.

    Where the two part, the model learns its training clips by heart.
    """
    panels = []
    for label, train, valid in PARTS:
        axes = _over_epochs(width, height, curves, [train, valid], label)
        looks = ((train, "train", INK, STYLES[1]), (valid, "valid", ACCENT, STYLES[0]))
        axes.beside([_lines(axes, curves, *look) for look in looks])
        panels.append(axes)
    return svg(panels, 2, (84, 0))


def coverage(rows: pd.DataFrame, models: Sequence[str]) -> str:
    """Accuracy of each model on the share of clips that it is surest of: what it gains if it may abstain from the rest.

    models: all that the report has, the most accurate first, which alone has a colour where they are many.
    """
    axes = Axes(385, 190, Scale(0, 1), scales.around(rows["accuracy"]))
    axes.round_below("share of the clips that are answered, the surest first", percent=True)
    axes.round_left("accuracy", percent=True)
    ends = []
    looks, crowd = _looks(models), len(models) > CROWD
    lines = {str(name): line for name, line in rows.groupby("model", sort=False)}
    for name in sorted(lines, key=lambda name: name == models[0]):  # the first above the others
        line, (colour, dash) = lines[name], looks[name]
        colour = INK if crowd and name != models[0] else colour
        width, alpha = (2.6 if name == models[0] else 1.0), (0.55 if colour == INK else 1.0)
        axes.line(line["coverage"], line["accuracy"], colour, width, dash, alpha)
        ends.append((float(line["coverage"].iloc[-1]), float(line["accuracy"].iloc[-1]), name, colour))
    axes.beside(ends)
    return svg([axes])


def _looks(models: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The colour and the dashes of each model; 32 models have each their own."""
    return {
        name: (COLOURS[i % len(COLOURS)], STYLES[(i + i // len(COLOURS)) % len(STYLES)])
        for i, name in enumerate(models)
    }


def _over_epochs(width: float, height: float, curves: pd.DataFrame, columns: list[str], label: str) -> Axes:
    """Axes of epochs that hold all runs of these columns."""
    shown = curves.dropna(subset=columns, how="all")
    axes = Axes(width, height, scales.around(shown["epoch"]), scales.around(shown[columns]))
    axes.round_below("epoch", whole=True)
    axes.round_left(label)
    return axes


def _lines(axes: Axes, rows: pd.DataFrame, y: str, name: str, colour: str, dash: str) -> End:
    """Draw each run, and the mean of the runs over the epochs that all of them reached; return where that ends."""
    runs = rows.dropna(subset=[y]).pivot(index="epoch", columns="run", values=y)
    for run in runs if runs.shape[1] > 1 else []:
        axes.line(runs.index, runs[run], colour, 0.8, alpha=max(0.15, min(0.4, 2 / runs.shape[1])))
    mean = runs.dropna().mean(axis=1)
    axes.line(mean.index, mean, colour, 1.8, dash)
    return int(mean.index[-1]), float(mean.iloc[-1]), name, colour
