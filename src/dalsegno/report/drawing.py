"""How every plot is drawn: as SVG that takes the text colour and font of the page it stands in. Same data, same bytes."""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dalsegno.pipeline import headless

with headless.no_backend():
    import matplotlib as mpl
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.text import Text

INK = "#010203"  # stands for the page's own text colour
FAINT = 0.3
ACCENT = "#010204"  # likewise the accent of the page, where it has one
SHADE = "#1b5fa5"
End = tuple[float, float, str, str]  # of a line: x, y, name and colour
RC: dict[Any, Any] = {
    "svg.fonttype": "none", "svg.hashsalt": "dalsegno", "font.size": 9, "axes.labelsize": 9, "axes.titlesize": 9.5,
    "text.color": INK, "axes.edgecolor": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.6, "xtick.major.width": 0.6,
    "ytick.major.width": 0.6, "grid.color": INK, "grid.alpha": 0.14, "grid.linewidth": 0.6, "axes.axisbelow": True,
}  # fmt: skip


@contextmanager
def style() -> Iterator[None]:
    """The style of all plots; they are made and turned into SVG within it.

    Letters that matplotlib's own font lacks, of Chinese names for one, are no concern: the reader's browser has them.
    """
    with mpl.rc_context(RC), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def figure(width_in: float, height_in: float) -> Figure:
    """An empty figure of this size, in inches of 72 points; within `style()`."""
    empty = Figure(figsize=(width_in, height_in))
    FigureCanvasSVG(empty)
    return empty


def axes(width_in: float, height_in: float) -> tuple[Figure, Axes]:
    """A figure of this size and its axes; within `style()`."""
    empty = figure(width_in, height_in)
    return empty, empty.add_subplot()


def text(axes: Axes, x: float, y: float, words: str, **style: Any) -> None:
    """Write `words` beginning at x, half above y, as they are: a dollar sign is no mathematics."""
    axes.text(x, y, words, parse_math=False, **({"va": "center", "fontsize": 8.5} | style))


def title(axes: Axes, words: str) -> None:
    """Write `words` above the axes, as they are."""
    axes.set_title(short(words), fontsize=8, parse_math=False)


def beside(axes: Axes, ends: list[End]) -> None:
    """Name points at the right of the axes, as near their heights as leaves the names apart, with a thread to each."""
    ends = sorted(ends, key=lambda end: end[1])
    low, high = axes.get_ylim()
    step = (high - low) * 13 / (axes.bbox.height / axes.figure.dpi * 72)  # 13 points per line
    axes.set_xlim(axes.get_xlim())
    reach = axes.transData.inverted().transform(axes.transAxes.transform((1.02, 0)))[0]
    for (x, y, name, colour), height in zip(ends, _apart([end[1] for end in ends], step, high), strict=True):
        axes.plot([x, reach], [y, height], ":", color=colour, linewidth=0.8, alpha=0.7, clip_on=False)
        axes.plot(x, y, "o", color=colour, markersize=3.5)
        text(axes, reach, height, " " + short(name))


def ticks(axes: Axes, which: str, names: list[str], offset: float = 0.0, **style: Any) -> None:
    """Name the rows or columns. A long name keeps its beginning and its end, which tells a model from its twin."""
    axis = getattr(axes, f"{which}axis")
    axis.set_ticks([i + offset for i in range(len(names))])
    labels: list[Text] = axis.set_ticklabels([short(n) for n in names], fontsize=8.5, **style)
    for label in labels:
        label.set_parse_math(False)


def svg(figure: Figure) -> str:
    """The figure as one `<svg>` element to stand in a page."""
    out = io.StringIO()
    box = figure.get_tightbbox().padded(0.04)  # what bbox_inches="tight" comes to, without drawing the figure twice
    figure.savefig(out, format="svg", bbox_inches=box, transparent=True, metadata={"Date": None})
    drawn = out.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", drawn, flags=re.DOTALL)
    used = set(re.findall(r'(?:href="|url\()#([\w-]+)', drawn))
    drawn = re.sub(r' id="([^"]*)"', lambda m: m[0] if m[1] in used else "", drawn)  # ids are the page's, and once only
    return drawn.replace(INK, "currentColor").replace(ACCENT, f"var(--accent, {SHADE})")


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


def short(name: str) -> str:
    return name if len(name) <= 30 else f"{name[:16]}…{name[-13:]}"
