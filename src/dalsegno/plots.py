"""Figures of a comparison as SVG that takes the text colour and font of the page it stands in.

Nothing is told by colour alone: lines have styles and names at their ends, cells their counts. Same data, same bytes.
"""

import io
import re
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator, PercentFormatter

INK = "#010203"  # stands for the page's own text colour
FAINT = 0.3
ACCENT = "#010204"  # likewise the accent of the page, where it has one
SHADE = "#1b5fa5"
COLOURS = [
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#7a6cc4",
    "#6b7480",
]  # after Okabe & Ito; seen on white and black
STYLES = ["-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5))]
RC = {
    "svg.fonttype": "none", "svg.hashsalt": "dalsegno", "font.size": 9, "axes.labelsize": 9, "axes.titlesize": 9.5,
    "text.color": INK, "axes.edgecolor": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.6, "xtick.major.width": 0.6,
    "ytick.major.width": 0.6, "grid.color": INK, "grid.alpha": 0.14, "grid.linewidth": 0.6, "axes.axisbelow": True,
}  # fmt: skip


def forest(models: dict[str, dict[str, Any]], chance: float) -> str:
    """Accuracy of each model with its interval, the best on top; a dotted line at `chance`."""
    ranked = sorted(models.items(), key=lambda item: item[1]["accuracy"])
    with mpl.rc_context(RC):
        figure, axes = _axes(6.9, 0.75 + 0.3 * len(ranked))
        for row, (_, m) in enumerate(ranked):
            low, high = m.get("accuracy_low"), m.get("accuracy_high")
            if low is not None:
                axes.plot([low, high], [row, row], color=ACCENT, linewidth=2.2, solid_capstyle="butt")
                axes.plot([low, high], [row, row], "|", color=ACCENT, markersize=8, markeredgewidth=1.4)
            axes.plot(m["accuracy"], row, "o", color=ACCENT, markersize=6.5)
            ends = "??" if low is None else f"{100 * low:.1f}–{100 * high:.1f}"
            _text(axes, 1.02, row, f"{100 * m['accuracy']:.1f}  ({ends})", transform=axes.get_yaxis_transform())
        axes.axvline(chance, color=INK, linewidth=1, linestyle=":")
        _text(axes, chance, len(ranked) - 0.35, " even guessing", va="bottom")
        axes.set(xlim=(0, 1), ylim=(-0.6, len(ranked) - 0.4), xlabel="accuracy")
        axes.xaxis.set_major_formatter(PercentFormatter(1, 0))
        _ticks(axes, "y", [name for name, _ in ranked])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        return _svg(figure)


def overlay(curves: pd.DataFrame, y: str, label: str) -> str:
    """One figure of training over epochs for all models: single runs faint, their mean strong while all runs go on."""
    with mpl.rc_context(RC):
        figure, axes = _axes(6.9, 3.6)
        ends = []
        for i, (name, rows) in enumerate(curves.groupby("model", sort=False)):
            colour, style = COLOURS[i % len(COLOURS)], STYLES[i % len(STYLES)]
            mean = _lines(axes, rows, y, colour, style)
            ends.append((float(mean.iloc[-1]), int(mean.index[-1]), name, colour))
        _grid(axes, label)
        _names(axes, ends)
        return _svg(figure)


def losses(curves: pd.DataFrame) -> str:
    """Training and validation loss of one model over its epochs; where they part, it learns its clips by heart."""
    with mpl.rc_context(RC):
        figure, axes = _axes(3.3, 2.2)
        ends = []
        for y, told, colour, style in [
            ("train_loss", "train", COLOURS[1], STYLES[1]), ("val_loss", "valid", COLOURS[0], STYLES[0])
        ]:  # fmt: skip
            mean = _lines(axes, curves, y, colour, style)
            ends.append((float(mean.iloc[-1]), int(mean.index[-1]), told, colour))
        _grid(axes, "loss")
        _names(axes, ends)
        return _svg(figure)


def confusion(rows: pd.DataFrame) -> str:
    """One model's clips by actual class (row) and predicted class (column): counts, shaded by share of the row."""
    classes = list(dict.fromkeys(rows["actual"]))
    k = len(classes)
    with mpl.rc_context(RC):
        figure, axes = _axes(0.9 + 0.31 * k, 0.8 + 0.31 * k)
        for n, (clips, share) in enumerate(zip(rows["clips"], rows["share"].fillna(0), strict=True)):
            y, x = divmod(n, k)
            if clips:
                axes.add_patch(Rectangle((x, y), 1, 1, color=SHADE, alpha=share, linewidth=0))
                colour = "white" if share > 0.7 else INK
                _text(axes, x + 0.5, y + 0.5, f"{clips:,}", ha="center", color=colour, fontsize=8)
        axes.hlines(range(k + 1), 0, k, color=INK, alpha=FAINT, linewidth=0.5)
        axes.vlines(range(k + 1), 0, k, color=INK, alpha=FAINT, linewidth=0.5)
        axes.set(xlim=(0, k), ylim=(k, 0), aspect="equal", xlabel="predicted", ylabel="actual")
        _ticks(axes, "x", classes, 0.5, rotation=90)
        _ticks(axes, "y", classes, 0.5)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        return _svg(figure)


def _axes(width_in: float, height_in: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width_in, height_in))
    FigureCanvasSVG(figure)
    return figure, figure.add_subplot()


def _lines(axes: Axes, rows: pd.DataFrame, y: str, colour: str, style: Any) -> pd.Series:
    """Draw each run and the mean of the runs over the epochs that all of them reached; that mean by epoch."""
    known = rows.dropna(subset=[y])
    runs = [run.set_index("epoch")[y] for _, run in known.groupby("run")]
    for run in runs if len(runs) > 1 else []:
        axes.plot(run.index, run, color=colour, alpha=min(FAINT, 2 / len(runs)), linewidth=0.8)
    mean = pd.concat(runs, axis=1, join="inner").mean(axis=1)
    axes.plot(mean.index, mean, color=colour, linestyle=style, linewidth=1.8)
    return mean


def _grid(axes: Axes, label: str) -> None:
    axes.grid()
    axes.set(xlabel="epoch", ylabel=label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _names(axes: Axes, ends: list[tuple[float, int, str, str]]) -> None:
    """Write each line's name right of the axes, as near its end as leaves the names apart, with a thread between."""
    low, high = axes.get_ylim()
    axes.set_xlim(right=axes.get_xlim()[1])
    left, right = axes.get_xlim()
    step = (high - low) * 13 / (axes.bbox.height / axes.figure.dpi * 72)  # 13 points a line
    at = _apart([y for y, *_ in sorted(ends)], step, high)
    for (y, x, name, colour), height in zip(sorted(ends), at, strict=True):
        reach = right + 0.02 * (right - left)
        axes.plot([x, reach], [y, height], color=colour, linewidth=0.6, alpha=0.6, clip_on=False)
        axes.plot(x, y, "o", color=colour, markersize=3.5)
        _text(axes, reach, height, " " + name)


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


def _text(axes: Axes, x: float, y: float, text: str, **how: Any) -> None:
    axes.text(x, y, text, parse_math=False, **({"va": "center", "fontsize": 8.5} | how))


def _ticks(axes: Axes, which: str, names: list[str], offset: float = 0, **how: Any) -> None:
    """Name the rows or columns; a dollar sign in a name is a dollar sign, not mathematics."""
    axis = getattr(axes, f"{which}axis")
    axis.set_ticks([i + offset for i in range(len(names))])
    labels: list[Text] = axis.set_ticklabels([n if len(n) <= 26 else n[:25] + "…" for n in names], fontsize=8.5, **how)
    for label in labels:
        label.set_parse_math(False)


def _svg(figure: Figure) -> str:
    """The figure as one `<svg>` element to stand in a page."""
    out = io.StringIO()
    figure.savefig(out, format="svg", bbox_inches="tight", pad_inches=0.04, transparent=True, metadata={"Date": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    used = set(re.findall(r'(?:href="|url\()#([\w-]+)', svg))
    svg = re.sub(r' id="([^"]*)"', lambda m: m[0] if m[1] in used else "", svg)  # ids are the page's, and once only
    return svg.replace(INK, "currentColor").replace(ACCENT, f"var(--accent, {SHADE})")
