"""Plots of training over epochs.

Nothing is shown by colour alone: lines have styles, and names at their ends.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dalsegno.report.drawing import scales
from dalsegno.report.drawing.axes import ACCENT, INK, Axes, End
from dalsegno.report.drawing.figure import svg

# After Okabe & Ito; each can be seen on white and on black.
COLOURS = ["#2a7fc4", "#d55e00", "#009e73", "#cc79a7", "#7a6cc4", "#6b7480", "#a8701f", "#c8356d"]
PARTS = [("log-loss", "train_log_loss", "val_loss"), ("accuracy", "train_accuracy", "val_accuracy")]
TOGETHER = 4  # models up to which one plot shows the curves of all
BEHIND = 20  # other models at most whose curves stand behind those of one
STYLES = ["", "9 2.7", "2.7 2.2", "10.8 2.7 2.7 2.7"]  # of dashes
Columns = dict[str, np.ndarray]  # of curves.csv, by name
Line = tuple[np.ndarray, np.ndarray]  # epochs, and a metric at each of them


def behind(curves: pd.DataFrame) -> str:
    """A sentence on what stands behind the curves of each model in `learning`; empty where nothing does."""
    n = curves["model"].nunique()
    if n <= TOGETHER:
        return ""
    others = "other models" if n <= BEHIND + 1 else f"{BEHIND} other models, the most accurate ones"
    return f"Log-loss and accuracy have the same axes for all, and grey behind each are the validation means of the {others}."


def overlays(
    curves: pd.DataFrame, models: Sequence[str], width: float = 385, height: float = 200
) -> list[tuple[str, str]]:
    """(what it shows, the plot): validation accuracy and loss of all models over epochs; none where they are many.

    Single runs are faint, their mean strong for as long as all runs go on. models: all that the report has, the most
    accurate first; a model looks the same in every plot that is given the same ones.
    """
    if curves.empty or behind(curves):
        return []
    looks, found, by_model = _looks(models), [], _by_model(curves)
    for y, label in (("val_accuracy", "validation accuracy"), ("val_loss", "validation loss")):
        axes = _over_epochs(width, height, _columns(curves), [y], label)
        axes.beside([_lines(axes, rows, y, name, *looks[name]) for name, rows in by_model.items()])
        found.append((label, svg([axes])))
    return found


def learning(
    curves: pd.DataFrame, models: Sequence[str], width: float = 152, height: float = 140, columns: int = 2
) -> list[tuple[str, str]]:
    """(model, the plot): log-loss, accuracy and what `train.curves` asks for, of each over its epochs, on validation clips and on as many training clips seen alike.

    Where the two part, the model fits its training clips better than new ones. Of many models, all have the same axes, and behind
    each the validation means of others are grey: of the BEHIND most accurate ones. models: the most accurate first;
    columns: 1 for the accuracy below the loss.
    """
    by_model, together = _by_model(curves), _columns(curves)
    drawn, crowd = [name for name in models if name in by_model], bool(behind(curves))
    grey = drawn[: BEHIND + 1] if crowd else []
    means = {y: {name: _thin(*_mean(*_runs(by_model[name], y))) for name in grey} for _, _, y in PARTS}
    found = []
    for name in drawn:
        panels = []
        for label, train, valid in [*PARTS, *_asked(by_model[name])]:
            shared = crowd and valid in means
            axes = _over_epochs(width, height, together if shared else by_model[name], [train, valid], label)
            for line in [mean for other, mean in means.get(valid, {}).items() if other != name][:BEHIND]:
                axes.line(*line, INK, 0.8, alpha=0.2)
            looks = ((train, "train", INK, STYLES[1]), (valid, "valid", ACCENT, STYLES[0]))
            axes.beside([_lines(axes, by_model[name], *look) for look in looks])
            panels.append(axes)
        found.append((name, svg(panels, columns, (84, 44))))
    return found


def _asked(rows: Columns) -> list[tuple[str, str, str]]:
    """As PARTS: the metrics that the model's entry asks for under `train.curves`."""
    usual = {y for part in PARTS for y in part}
    asked = [
        y.removeprefix("val_") for y in rows if y.startswith("val_") and y not in usual and not np.isnan(rows[y]).all()
    ]
    return [(name.replace("_", " ").replace("f1", "F1"), f"train_{name}", f"val_{name}") for name in asked]


def _looks(models: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The colour and the dashes of each model; 32 models have each their own."""
    return {
        name: (COLOURS[i % len(COLOURS)], STYLES[(i + i // len(COLOURS)) % len(STYLES)])
        for i, name in enumerate(models)
    }


def _by_model(curves: pd.DataFrame) -> dict[str, Columns]:
    return {str(name): _columns(rows) for name, rows in curves.groupby("model", sort=False)}


def _columns(curves: pd.DataFrame) -> Columns:
    """Arrays, which take a tenth of the time that tables take to be cut into a hundred lines."""
    columns = {
        name: curves[name].to_numpy() for name in curves if name == "run" or str(name).startswith(("train_", "val_"))
    }
    return columns | {"epoch": curves["epoch"].to_numpy() + 1}  # stored from 0, and drawn as the best epoch is told


def _over_epochs(width: float, height: float, rows: Columns, metrics: list[str], label: str) -> Axes:
    """Axes of epochs that hold all runs of these metrics."""
    values = np.stack([rows[y] for y in metrics])
    epochs = rows["epoch"][~np.isnan(values).all(axis=0)]
    axes = Axes(width, height, scales.around(epochs), scales.around(values))
    axes.round_below("epoch", whole=True)
    axes.round_left(label, percent="loss" not in label)
    return axes


def _lines(axes: Axes, rows: Columns, y: str, name: str, colour: str, dash: str) -> End:
    """Draw each run, and the mean of the runs over the epochs that all of them reached; return where that ends."""
    epochs, runs = _runs(rows, y)
    for run in runs.T if runs.shape[1] > 1 else []:
        axes.line(epochs, run, colour, 0.8, alpha=max(0.15, min(0.4, 2 / runs.shape[1])))
    reached, mean = _mean(epochs, runs)
    axes.line(reached, mean, colour, 1.8, dash)
    return int(reached[-1]), float(mean[-1]), name, colour


def _runs(rows: Columns, y: str) -> Line:
    """The epochs at which any run has this metric, and a column for each run, NaN where that run has none."""
    known = ~np.isnan(rows[y])
    epochs, row = np.unique(rows["epoch"][known], return_inverse=True)
    runs, column = np.unique(rows["run"][known], return_inverse=True)
    values = np.full((len(epochs), len(runs)), np.nan)
    values[row, column] = rows[y][known]
    return epochs, values


def _mean(epochs: np.ndarray, runs: np.ndarray) -> Line:
    all_there = ~np.isnan(runs).any(axis=1)
    return epochs[all_there], runs[all_there].mean(axis=1)


def _thin(epochs: np.ndarray, values: np.ndarray) -> Line:
    """No more points of a line than can be seen in a small plot."""
    step = -(-len(epochs) // 40) or 1
    return epochs[::step], values[::step]
