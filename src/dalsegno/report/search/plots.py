"""Plots of a search: the best so far, the metric over each setting, and all settings of a trial in parallel."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from dalsegno.report.drawing import scales
from dalsegno.report.drawing.axes import ACCENT, CROSS, INK, Axes
from dalsegno.report.drawing.figure import svg
from dalsegno.report.drawing.scales import Scale
from dalsegno.report.drawing.words import short

LOGARITHMIC = 30  # a setting whose largest value is more than so many times its smallest has a logarithmic axis


def history(rows: pd.DataFrame, metric: str) -> str:
    """The metric of each trial that came to its end, in the order in which they were made, and the best so far."""
    done = rows[rows["state"] == "complete"].sort_values("trial")
    best = done[metric].cummin() if metric == "val_loss" else done[metric].cummax()
    axes = Axes(385, 144, scales.around(done["trial"]), scales.around(done[metric]))
    axes.round_below("trial", whole=True)
    axes.round_left(metric.replace("_", " "), percent=metric != "val_loss")
    axes.line(np.repeat(done["trial"], 2)[1:], np.repeat(best, 2)[:-1], INK, 1)
    axes.dots(done["trial"], done[metric], 2, ACCENT)
    return svg([axes])


def slices(rows: pd.DataFrame, metric: str, settings: list[str], headed: Callable[[str], str] = str) -> str:
    """The metric over each setting that was drawn, a panel for each; pruned trials as crosses. headed: what is above a panel."""
    panels = []
    for setting in settings:
        numbers, x, names = _numbers(rows[setting])
        axes = Axes(112, 104, x, scales.around(rows[metric]))
        if names:
            axes.below(range(len(names)), names, turned=20)
        else:
            axes.round_below("")
        axes.round_left("", percent=metric != "val_loss")
        done, pruned = rows["state"] == "complete", rows["state"] == "pruned"
        axes.dots(numbers[done], rows[metric][done], 2, ACCENT)
        axes.marks(numbers[pruned], rows[metric][pruned], CROSS, ACCENT)
        axes.title(headed(setting), 112 + 50)
        panels.append(axes)
    return svg(panels, 3, (50, 60))


def parallel(rows: pd.DataFrame, metric: str, settings: list[str]) -> str:
    """A line for each trial that came to its end through all its settings to its metric, the better the stronger."""
    done = rows[rows["state"] == "complete"]
    names = [*settings, metric]
    heights = np.stack([_share(done[name]) for name in names], axis=1)
    good = heights[:, -1] if metric != "val_loss" else 1 - heights[:, -1]
    axes = Axes(385, 166, scales.around(range(len(names))), Scale(-0.05, 1.05))
    axes.below(range(len(names)), [short(name) for name in names], turned=20)
    axes.left([0, 1], ["lowest", "highest"], line=False)
    for line, strength in zip(heights, good, strict=True):
        axes.line(range(len(line)), line, ACCENT, 1, alpha=0.1 + 0.8 * float(strength) ** 2)
    return svg([axes])


def _numbers(values: pd.Series) -> tuple[pd.Series, Scale, list[str]]:
    """Values as numbers, the scale that holds them, and what these numbers stand for if values are words, in their order."""
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.isna().any():
        names = sorted(set(map(str, values)))
        return values.map(lambda value: names.index(str(value))), scales.around(range(len(names)), 0.2), names
    wide = numbers.min() > 0 and numbers.max() > LOGARITHMIC * numbers.min()
    return numbers, scales.around(numbers, log=bool(wide)), []


def _share(values: pd.Series) -> np.ndarray:
    """Values as shares of the way from the lowest to the highest, of their logarithms where they span much."""
    numbers, scale, _ = _numbers(values)
    places = np.asarray(np.log(numbers) if scale.log else numbers, float)
    spread = places.max() - places.min()
    return (places - places.min()) / spread if spread else np.full(len(places), 0.5)
