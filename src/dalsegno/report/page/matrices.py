"""Confusions as tables that can be read, sorted and clicked, and what stands out in them."""

from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import pandas as pd

SHOWN = 40  # classes up to which the whole matrix is shown; of more, the most frequent mistakes


@dataclass(frozen=True)
class Confusion:
    """One model's clips by actual and called class. rows: for each actual class (clips, share) of every called one."""

    model: str
    classes: list[str]
    rows: list[tuple[str, list[tuple[int, float]]]]
    mistakes: list[dict[str, Any]]


def confusion(model: str, rows: pd.DataFrame) -> Confusion:
    """rows: of one model in confusion.csv, where the diagonal has every class and other cells may be missing."""
    classes = list(dict.fromkeys(rows["actual"]))
    cells = {(r.actual, r.predicted): (int(r.clips), float(r.share)) for r in rows[rows["clips"] > 0].itertuples()}
    shown = classes if len(classes) <= SHOWN else []
    matrix = [(actual, [cells.get((actual, called), (0, 0.0)) for called in classes]) for actual in shown]
    wrong = rows[(rows["actual"] != rows["predicted"]) & (rows["clips"] > 0)]
    most = wrong.sort_values(["clips", "share"], ascending=False, kind="stable")
    return Confusion(model, classes, matrix, most.head(SHOWN // 2).to_dict("records"))


def extremes(rows: pd.DataFrame) -> dict[str, tuple[str, str, float] | None]:
    """The classes recognised best and worst, and the mistake made most often: the first of equals."""
    cells = [
        (str(r.actual), str(r.predicted), float(r.share))
        for r in rows[rows["share"].notna()].itertuples()
        if r.actual == r.predicted or r.clips > 0
    ]
    right, wrong = ([cell for cell in cells if (cell[0] == cell[1]) is is_right] for is_right in (True, False))
    share = itemgetter(2)
    return {
        "best": max(right, key=share),
        "worst": min(right, key=share),
        "mistake": max(wrong, key=share, default=None),
    }
