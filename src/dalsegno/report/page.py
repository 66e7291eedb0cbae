"""Lay out what `compare` wrote as one page that needs no network. Nothing is computed here, only chosen and ordered."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from dalsegno.report import curve_plots, formatting, plots, verdict
from dalsegno.report.layout import templates


@dataclass(frozen=True)
class Sources:
    """The files that the page is made of: compare.json, pairs.csv, confusion.csv, curves.csv, and the metrics of `clips`,
    `splits` and `protocols`."""

    compare: dict[str, Any]
    pairs: pd.DataFrame
    confusion: pd.DataFrame
    curves: pd.DataFrame
    clips: dict[str, Any]
    splits: dict[str, Any]
    protocols: dict[str, Any]


class _Unmeasured(jinja2.ChainableUndefined):
    def __str__(self) -> str:
        return formatting.UNMEASURED


def render(s: Sources) -> str:
    """The page as HTML. A number that a source lacks prints `??`."""
    page = templates.template(
        "page.html.j2",
        undefined=_Unmeasured,
        finalize=lambda value: formatting.UNMEASURED if value is None else value,
        filters={
            "percent": _known(formatting.percent), "number": _known(formatting.number), "points": _known(formatting.points),
            "p_value": formatting.p_value, "score": _score,
        },
    )  # fmt: skip
    of_pairs, s = formatting.stamped_pairs(s.compare, s.pairs), _stamped(s)
    ranked = sorted(s.compare["models"].items(), key=lambda item: -item[1]["accuracy"])
    confusions = [(name, s.confusion[s.confusion["model"] == name]) for name, _ in ranked]
    return page.render(
        dataset=s.compare["dataset"],
        protocol=s.compare["protocol"],
        interval=s.compare["interval"],
        models=ranked,
        segmented=any("segment_accuracy" in scores for _, scores in ranked),
        gains=s.compare["gains"],
        trained={name: formatting.training(name, scores) for name, scores in ranked},
        leaks=formatting.sentences(s.compare, "leaks"),
        notes=formatting.sentences(s.compare, "notes"),
        verdict=verdict.verdict(s.compare, of_pairs),
        said=s.compare["verdict"],
        pairs={(pair["model"], pair["other"]): pair for pair in of_pairs},
        sentences={(pair["model"], pair["other"]): verdict.sentence(pair, s.compare) for pair in of_pairs},
        sure={(pair["model"], pair["other"]) for pair in of_pairs if pair["told_apart"]},
        mixture=formatting.mixture(s.compare["models"]),
        forest=Markup(plots.forest(s.compare["models"], 1 / s.compare["dataset"]["classes"])),
        overlays=list(_overlays(s.curves)),
        losses=[(name, Markup(curve_plots.losses(rows))) for name, rows in s.curves.groupby("model", sort=False)],
        confusions=[(name, Markup(plots.confusion(rows))) for name, rows in confusions],
        recalls=[(name, _recalls(rows)) for name, rows in confusions],
        extremes=[(name, _extremes(rows)) for name, rows in confusions],
        clips=s.clips,
        splits=s.splits,
        protocols=s.protocols,
    )


def _stamped(s: Sources) -> Sources:
    """The same under the names that models are to be called by."""
    called = formatting.names(s.compare)
    tables = {"confusion": s.confusion, "curves": s.curves}
    tables = {name: rows.assign(model=rows["model"].replace(called)) for name, rows in tables.items()}
    return replace(s, compare=formatting.stamped(s.compare), **tables)


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


def _known(write: Callable[..., str]) -> Callable[..., str]:
    """`write` as a filter: a value that the sources lack is None to it."""
    return lambda value, *options: write(None if isinstance(value, jinja2.Undefined) else value, *options)


def _score(scores: dict[str, Any], name: str, digits: int = 1, scale: float = 100.0) -> Markup:
    """A score of a model with its interval under it."""
    return Markup('<b>{}</b> <span class="ends">{}</span>').format(*formatting.with_ends(scores, name, scale, digits))
