"""Plots of a search: the best so far, the metric over each setting, and all settings of a trial in parallel."""

from typing import Any

import numpy as np
import pandas as pd

from dalsegno.pipeline import headless
from dalsegno.report import drawing

with headless.no_backend():
    from matplotlib.axes import Axes

LOGARITHMIC = 30  # a setting whose largest value is more than so many times its smallest has a logarithmic axis


def history(rows: pd.DataFrame, metric: str) -> str:
    """The metric of each trial that came to its end, in the order in which they were made, and the best so far."""
    done = rows[rows["state"] == "complete"].sort_values("trial")
    best = done[metric].cummin() if metric == "val_loss" else done[metric].cummax()
    with drawing.style():
        figure, axes = drawing.axes(6.9, 2.6)
        axes.plot(done["trial"], done[metric], "o", color=drawing.ACCENT, markersize=4)
        axes.step(done["trial"], best, where="post", color=drawing.INK, linewidth=1)
        axes.set(xlabel="trial", ylabel=metric.replace("_", " "))
        axes.grid()
        return drawing.svg(figure)


def slices(rows: pd.DataFrame, metric: str, settings: list[str]) -> str:
    """The metric over each setting that was drawn, a panel for each; pruned trials as crosses."""
    columns = min(3, len(settings))
    n_rows = -(-len(settings) // columns)
    with drawing.style():
        figure = drawing.figure(6.9, 2.0 * n_rows)
        for i, setting in enumerate(settings):
            axes = figure.add_subplot(n_rows, columns, i + 1)
            for state, mark in (("complete", "o"), ("pruned", "x")):
                some = rows[rows["state"] == state]
                axes.plot(
                    _numbers(axes, rows[setting])[some.index], some[metric], mark, color=drawing.ACCENT, markersize=4
                )
            drawing.title(axes, setting)
            axes.grid()
        figure.subplots_adjust(0, 0, 1, 1, hspace=0.5, wspace=0.25)
        return drawing.svg(figure)


def parallel(rows: pd.DataFrame, metric: str, settings: list[str]) -> str:
    """A line for each trial that came to its end through all its settings to its metric, the better the stronger."""
    done = rows[rows["state"] == "complete"]
    with drawing.style():
        figure, axes = drawing.axes(6.9, 3.0)
        heights = np.stack([_share(done[name]) for name in [*settings, metric]], axis=1)
        good = heights[:, -1] if metric != "val_loss" else 1 - heights[:, -1]
        for line, strength in zip(heights, good, strict=True):
            axes.plot(range(len(line)), line, color=drawing.ACCENT, alpha=0.1 + 0.8 * float(strength) ** 2, linewidth=1)
        drawing.ticks(axes, "x", [*settings, metric], rotation=20, ha="right")
        axes.set(ylim=(-0.05, 1.05), yticks=[0, 1])
        axes.set_yticklabels(["lowest", "highest"])
        axes.grid(axis="x")
        return drawing.svg(figure)


def _numbers(axes: Axes, values: pd.Series) -> pd.Series:
    """Values as places on the axis; words by the order of their names."""
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.isna().any():
        names = sorted(set(map(str, values)))
        drawing.ticks(axes, "x", names, rotation=20, ha="right")
        return values.map(lambda value: names.index(str(value)))
    if numbers.min() > 0 and numbers.max() > LOGARITHMIC * numbers.min():
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter("")
    return numbers


def _share(values: pd.Series) -> np.ndarray:
    """Values as shares of the way from the lowest to the highest, of their logarithms where they span much."""
    numbers: Any = pd.to_numeric(values, errors="coerce")
    if numbers.isna().any():
        names = sorted(set(map(str, values)))
        numbers = values.map(lambda value: names.index(str(value))).astype(float)
    elif numbers.min() > 0 and numbers.max() > LOGARITHMIC * numbers.min():
        numbers = np.log(numbers)
    numbers = np.asarray(numbers, float)
    spread = numbers.max() - numbers.min()
    return (numbers - numbers.min()) / spread if spread else np.full(len(numbers), 0.5)
