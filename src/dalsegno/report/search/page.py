"""Lay out what a search found as one page that needs no network."""

import math
from typing import Any

import pandas as pd
from markupsafe import Markup

from dalsegno.report import formatting
from dalsegno.report.layout import templates
from dalsegno.report.search import plots

SHOWN = 200  # trials in the table; trials.csv has all


def render(rows: pd.DataFrame, found: dict[str, Any]) -> str:
    """rows: trials.csv, found: search.json."""
    metric, settings = (
        found["metric"],
        [c for c in rows.columns if c not in ("trial", "state", found["metric"], "epochs", "error")],
    )
    page = templates.template(
        "search/page.html.j2",
        filters={
            "percent": formatting.percent,
            "share": formatting.share,
            "number": _number,
            "points": formatting.points,
        },
    )
    rows = rows.reset_index(drop=True)
    return page.render(
        found=found, metric=metric, settings=settings, rows=rows.head(SHOWN).to_dict("records"), n_rows=len(rows),
        n_judged=int((rows["state"] != "failed").sum()), dataset={"synthetic": found["synthetic"]},
        protocol={"leaky": found["leaky"], "part": found["part"]},
        states=rows["state"].value_counts().to_dict(), epochs=int(rows["epochs"].fillna(0).sum()),
        history=Markup(plots.history(rows, metric)), slices=Markup(plots.slices(rows, metric, settings)),
        parallel=Markup(plots.parallel(rows, metric, settings)),
    )  # fmt: skip


def _number(value: Any) -> str:
    absent = value is None or (isinstance(value, float) and math.isnan(value))
    return "–" if absent else f"{value:.4g}" if isinstance(value, float) else f"{value}"
