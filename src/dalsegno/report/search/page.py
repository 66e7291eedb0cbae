"""Lay out what a search found: a page of its own that needs no network, and a section of the report."""

import math
from typing import Any

import pandas as pd
from markupsafe import Markup

from dalsegno.pipeline.errors import counted
from dalsegno.report import formatting
from dalsegno.report.layout import templates
from dalsegno.report.search import plots

SHOWN, SHOWN_IN_REPORT = 200, 10  # trials in the table; trials.csv has all
FILTERS = {"percent": formatting.percent, "share": formatting.share, "points": formatting.points, "counted": counted}


def render(key: str, rows: pd.DataFrame, found: dict[str, Any]) -> str:
    """The page. key: the entry of `search:`, rows: trials.csv, found: search.json."""
    return _written("search/page.html.j2", key, rows, found, SHOWN, 2)


def section(key: str, rows: pd.DataFrame, found: dict[str, Any]) -> Markup:
    """The same, with the best trials alone, to stand under a heading of another page."""
    return Markup(_written("search/found.html.j2", key, rows, found, SHOWN_IN_REPORT, 3))


def _written(name: str, key: str, rows: pd.DataFrame, found: dict[str, Any], n_shown: int, level: int) -> str:
    """level: that of the headings in what is found."""
    metric = found["metric"]
    settings = [c for c in rows.columns if c not in ("trial", "state", metric, "epochs", "error")]
    rows = rows.reset_index(drop=True)
    return templates.template(name, filters=FILTERS | {"number": _number}).render(
        key=key, found=found, metric=metric, settings=settings, rows=rows.head(n_shown).to_dict("records"), n_rows=len(rows),
        n_judged=int((rows["state"] != "failed").sum()), dataset={"synthetic": found["synthetic"]},
        protocol={"leaky": found["leaky"], "part": found["part"]}, level=level,
        states=rows["state"].value_counts().to_dict(), epochs=int(rows["epochs"].fillna(0).sum()),
        history=Markup(plots.history(rows, metric)), slices=Markup(plots.slices(rows, metric, settings)),
        parallel=Markup(plots.parallel(rows, metric, settings)),
    )  # fmt: skip


def _number(value: Any) -> str:
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:.4g}"
    return "null" if value is None else f"{value}"
