"""Plots of training over epochs. Nothing is shown by colour alone: lines have styles, and names at their ends."""

from typing import Any

import pandas as pd

from dalsegno.pipeline import headless
from dalsegno.report import drawing

with headless.no_backend():
    from matplotlib.axes import Axes
    from matplotlib.ticker import MaxNLocator

# After Okabe & Ito; each can be seen on white and on black.
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a6cc4", "#6b7480"]
STYLES = ["-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5))]


def overlay(curves: pd.DataFrame, y: str, label: str) -> str:
    """One metric of all models over epochs: single runs faint, their mean strong for as long as all runs go on."""
    with drawing.style():
        figure, axes = drawing.axes(6.9, 3.6)
        ends = []
        for i, (name, rows) in enumerate(curves.groupby("model", sort=False)):
            colour, style = COLOURS[i % len(COLOURS)], STYLES[i % len(STYLES)]
            mean = _lines(axes, rows, y, colour, style)
            ends.append((float(mean.iloc[-1]), int(mean.index[-1]), name, colour))
        _grid(axes, label)
        _names(axes, ends)
        return drawing.svg(figure)


def losses(curves: pd.DataFrame) -> str:
    """Training and validation loss of one model over its epochs; where they part, it learns its clips by heart."""
    with drawing.style():
        figure, axes = drawing.axes(3.3, 2.2)
        ends = []
        for y, part, colour, style in [
            ("train_loss", "train", COLOURS[1], STYLES[1]), ("val_loss", "valid", COLOURS[0], STYLES[0])
        ]:  # fmt: skip
            mean = _lines(axes, curves, y, colour, style)
            ends.append((float(mean.iloc[-1]), int(mean.index[-1]), part, colour))
        _grid(axes, "loss")
        _names(axes, ends)
        return drawing.svg(figure)


def _lines(axes: Axes, rows: pd.DataFrame, y: str, colour: str, style: Any) -> pd.Series:
    """Draw each run, and the mean of the runs over the epochs that all of them reached; return that mean by epoch."""
    known = rows.dropna(subset=[y])
    runs = [run.set_index("epoch")[y] for _, run in known.groupby("run")]
    for run in runs if len(runs) > 1 else []:
        axes.plot(run.index, run, color=colour, alpha=min(drawing.FAINT, 2 / len(runs)), linewidth=0.8)
    mean = pd.concat(runs, axis=1, join="inner").mean(axis=1)
    axes.plot(mean.index, mean, color=colour, linestyle=style, linewidth=1.8)
    return mean


def _grid(axes: Axes, label: str) -> None:
    axes.grid()
    axes.set(xlabel="epoch", ylabel=label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _names(axes: Axes, ends: list[tuple[float, int, str, str]]) -> None:
    """Write each line's name right of the axes, as near its end as leaves the names apart, with a thread between them."""
    low, high = axes.get_ylim()
    axes.set_xlim(right=axes.get_xlim()[1])
    left, right = axes.get_xlim()
    step = (high - low) * 13 / (axes.bbox.height / axes.figure.dpi * 72)  # 13 points per line
    at = _apart([y for y, *_ in sorted(ends)], step, high)
    for (y, x, name, colour), height in zip(sorted(ends), at, strict=True):
        reach = right + 0.02 * (right - left)
        axes.plot([x, reach], [y, height], color=colour, linewidth=0.6, alpha=0.6, clip_on=False)
        axes.plot(x, y, "o", color=colour, markersize=3.5)
        drawing.text(axes, reach, height, " " + name)


def _apart(wanted: list[float], step: float, top: float) -> list[float]:
    """Rising heights at least `step` apart and below `top`, near the rising ones wanted."""
    at = list(wanted)
    for i in range(1, len(at)):
        at[i] = max(at[i], at[i - 1] + step)
    ceiling = top
    for i in reversed(range(len(at))):
        at[i] = min(at[i], ceiling)
        ceiling = at[i] - step
    return at
