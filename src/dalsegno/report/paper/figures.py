"""The plots of the page as a printed page takes them: black on white, without the colours of a screen's theme."""

import re
from typing import Any

from dalsegno.pipeline.errors import joined
from dalsegno.report import architecture, curve_plots, formatting, panels, plots
from dalsegno.report.drawing.axes import ACCENT, INK, SHADE
from dalsegno.report.page.sources import Sources
from dalsegno.report.paper import example

MOST_CLASSES = 24  # of a matrix that can be read on paper
HALF_OF_PAPER = 290  # points of a plot that can be read at half the width of the text
HALF_PAGE = (88, 84)  # points of each of two plots of a model, beside those of another

Figure = dict[str, Any]


def figure(svg: str, caption: str) -> Figure:
    """A plot with its caption, and the width that it is drawn for."""
    ink = svg.replace(INK, "#000").replace(ACCENT, SHADE)
    width = float(re.search(r'<svg[^>]* width="([\d.]+)pt"', ink)[1])  # type: ignore[index]
    return {"svg": ink, "caption": caption, "width_pt": width}


def examples(clips: list[dict[str, Any]]) -> list[Figure]:
    """A clip of each class. clips: examples.json."""
    return [figure(example.drawn(clip), clip["label"]) for clip in clips]


def results(s: Sources) -> list[Figure]:
    """Accuracies with their intervals."""
    models, interval = s.compare["models"], formatting.share(s.compare["interval"]["confidence"], None)
    svg = plots.forest(models, 1 / s.compare["dataset"]["classes"])
    return [
        figure(
            svg,
            f"Accuracy on the {formatting.scored(s.compare)} with {interval} intervals; the dotted line is even guessing.",
        )
    ]


def layers(s: Sources, names: list[str]) -> list[Figure]:
    """Networks of the same layers as a drawing, if their shapes are known."""
    svg = architecture.drawn(s.layers[names[0]], architecture.PAPER)
    return [figure(svg, joined(names))] if svg else []


def curves(s: Sources) -> list[Figure]:
    """Validation accuracy and loss of all models, where they are few enough for one plot."""
    drawn = curve_plots.overlays(s.tables["curves"], formatting.ranked(s.compare["models"]), height=130)
    return [figure(svg, f"{label.capitalize()} of all models by epoch; thin lines are single runs.") for label, svg in drawn]  # fmt: skip


def learning(s: Sources) -> list[Figure]:
    """Curves of each network on training and validation clips."""
    drawn = curve_plots.learning(s.tables["curves"], formatting.ranked(s.compare["models"]), *HALF_PAGE)
    return [figure(svg, name) for name, svg in drawn]


def confusions(s: Sources, names: list[str]) -> list[Figure]:
    """The matrices of these models, unless they have more classes than a page can show."""
    if s.compare["dataset"]["classes"] > MOST_CLASSES:
        return []
    rows = s.tables["confusion"]
    return [figure(plots.confusion(rows[rows["model"] == name]), name) for name in names]


def calibration(s: Sources, names: list[str]) -> list[Figure]:
    """Reliability of these models."""
    shape = (panels.BROAD[0], 5) if len(names) == 5 else panels.BROAD
    svg = panels.reliability(s.tables["reliability"], names, shape)
    return [figure(svg, "Accuracy against confidence, of the best model of each family: solid as trained, dashed after temperature scaling; below the diagonal a model is too sure.")]  # fmt: skip


def costs(s: Sources) -> list[Figure]:
    """Accuracy against what a model costs."""
    return [figure(svg, f"Accuracy against {label}") for label, svg in plots.costs(s.compare["models"], plots.NARROW)]
