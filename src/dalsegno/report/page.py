"""Lay what `compare` wrote out as one page that needs no network. Nothing is computed here, only chosen and ordered."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from dalsegno.report import curve_plots, plots

UNMEASURED = "??"


@dataclass(frozen=True)
class Sources:
    """What the page is made of: compare.json, confusion.csv, curves.csv, and the metrics of `clips`, `splits` and `protocols`."""

    compare: dict[str, Any]
    confusion: pd.DataFrame
    curves: pd.DataFrame
    clips: dict[str, Any]
    splits: dict[str, Any]
    protocols: dict[str, Any]


class _Unmeasured(jinja2.ChainableUndefined):
    def __str__(self) -> str:
        return UNMEASURED


def render(s: Sources) -> str:
    """The page as HTML. A figure that a source lacks prints `??`."""
    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=_Unmeasured,
        finalize=lambda value: UNMEASURED if value is None else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"percent": _percent, "number": _number, "figure": _figure, "points": _points, "chance": _chance}
    ranked = sorted(s.compare["models"].items(), key=lambda item: -item[1]["accuracy"])
    return pages.get_template("page.html.j2").render(
        dataset=s.compare["dataset"],
        protocol=s.compare["protocol"],
        interval=s.compare["interval"],
        models=ranked,
        segmented=any("segment_accuracy" in m for _, m in ranked),
        gains=s.compare["gains"],
        best=ranked[0],
        second=ranked[1] if len(ranked) > 1 else None,
        forest=Markup(plots.forest(s.compare["models"], 1 / s.compare["dataset"]["classes"])),
        overlays=list(_overlays(s.curves)),
        losses=[(name, Markup(curve_plots.losses(rows))) for name, rows in s.curves.groupby("model", sort=False)],
        confusions=[(name, Markup(plots.confusion(_of(s.confusion, name)))) for name, _ in ranked],
        recalls=[(name, _recalls(_of(s.confusion, name))) for name, _ in ranked],
        extremes=[(name, _extremes(_of(s.confusion, name))) for name, _ in ranked],
        clips=s.clips,
        splits=s.splits,
        protocols=s.protocols,
    )


def _of(confusion: pd.DataFrame, name: str) -> pd.DataFrame:
    return confusion[confusion["model"] == name]


def _overlays(curves: pd.DataFrame) -> Iterator[tuple[str, Markup]]:
    for y, label in (("val_accuracy", "validation accuracy"), ("val_loss", "validation loss")):
        if len(curves):
            yield label, Markup(curve_plots.overlay(curves, y, label))


def _recalls(rows: pd.DataFrame) -> list[tuple[str, float | None]]:
    """Each class with the share of its clips that were recognised; None if none was tested."""
    right = rows[rows["actual"] == rows["predicted"]]
    return [
        (c, None if pd.isna(share) else float(share)) for c, share in zip(right["actual"], right["share"], strict=True)
    ]


def _extremes(rows: pd.DataFrame) -> dict[str, tuple | None]:
    """The classes recognised best and worst, and the mistake made most often: the first of equals."""
    known = rows.dropna(subset=["share"])
    right = known[known["actual"] == known["predicted"]]
    wrong = known[(known["actual"] != known["predicted"]) & (known["clips"] > 0)]
    return {
        "best": _cell(right.loc[right["share"].idxmax()]),
        "worst": _cell(right.loc[right["share"].idxmin()]),
        "mistake": _cell(wrong.loc[wrong["share"].idxmax()]) if len(wrong) else None,
    }


def _cell(row: pd.Series) -> tuple[str, str, float]:
    return row["actual"], row["predicted"], float(row["share"])


def _unknown(value: Any) -> bool:
    return value is None or isinstance(value, jinja2.Undefined)


def _percent(value: Any, digits: int = 1) -> str:
    return UNMEASURED if _unknown(value) else f"{100 * value:.{digits}f}"


def _number(value: Any, digits: int | None = None) -> str:
    """Grouped digits; with `digits`, so many after the point; otherwise as many as it was written with."""
    if _unknown(value):
        return UNMEASURED
    return f"{value:,}" if digits is None else f"{value:,.{digits}f}"


def _points(value: Any) -> str:
    """A difference of shares in points of a hundred."""
    return UNMEASURED if _unknown(value) else f"{100 * value:z.1f}".replace("-", "−")


def _chance(p: float) -> str:
    return f"= {p:.3f}" if p >= 0.001 else "< 0.001"


def _figure(m: dict[str, Any], metric: str, digits: int = 1, scale: float = 100) -> Markup:
    """A metric of a model with its interval under it."""
    value, low, high = (m.get(f"{metric}{end}") for end in ("", "_low", "_high"))
    shown = [UNMEASURED if v is None else f"{scale * v:.{digits}f}" for v in (value, low, high)]
    return Markup('<b>{}</b> <span class="ends">{}–{}</span>').format(*shown)
