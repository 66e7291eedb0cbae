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


def axes(width_in: float, height_in: float) -> tuple[Figure, Axes]:
    """A figure of this size, in inches of 72 points, and its axes; within `style()`."""
    figure = Figure(figsize=(width_in, height_in))
    FigureCanvasSVG(figure)
    return figure, figure.add_subplot()


def text(axes: Axes, x: float, y: float, words: str, **style: Any) -> None:
    """Write `words` beginning at x, half above y, as they are: a dollar sign is no mathematics."""
    axes.text(x, y, words, parse_math=False, **({"va": "center", "fontsize": 8.5} | style))


def ticks(axes: Axes, which: str, names: list[str], offset: float = 0.0, **style: Any) -> None:
    """Name the rows or columns. A long name keeps its beginning and its end, which tells a model from its twin."""
    axis = getattr(axes, f"{which}axis")
    axis.set_ticks([i + offset for i in range(len(names))])
    labels: list[Text] = axis.set_ticklabels([_short(n) for n in names], fontsize=8.5, **style)
    for label in labels:
        label.set_parse_math(False)


def svg(figure: Figure) -> str:
    """The figure as one `<svg>` element to stand in a page."""
    out = io.StringIO()
    figure.savefig(out, format="svg", bbox_inches="tight", pad_inches=0.04, transparent=True, metadata={"Date": None})
    drawn = out.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", drawn, flags=re.DOTALL)
    used = set(re.findall(r'(?:href="|url\()#([\w-]+)', drawn))
    drawn = re.sub(r' id="([^"]*)"', lambda m: m[0] if m[1] in used else "", drawn)  # ids are the page's, and once only
    return drawn.replace(INK, "currentColor").replace(ACCENT, f"var(--accent, {SHADE})")


def _short(name: str) -> str:
    return name if len(name) <= 30 else f"{name[:16]}…{name[-13:]}"
