"""The classes that each model recognises best and worst, and the mistake that it makes most often."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dalsegno.pipeline.errors import quoted
from dalsegno.report import formatting
from dalsegno.report.page import matrices
from dalsegno.report.tables.table import Cell, Column, Table

COLUMNS = [
    Column("model", words=True), Column("strongest class", words=True), Column("weakest class", words=True),
    Column("most frequent mistake", words=True),
]  # fmt: skip
LEGEND = (
    "The classes that a model recognises best and worst, with the share of their clips that it has right, and the mistake that it makes "
    "most often, as a share of the clips of the actual class. Where several are equal, the first is named."
)


def table(models: Mapping[str, Mapping[str, Any]], confusion: pd.DataFrame) -> Table:
    """models: of compare.json; confusion: confusion.csv, likewise named."""
    by_model = confusion.groupby("model")
    return Table(COLUMNS, [_row(name, by_model.get_group(name)) for name in formatting.ranked(models)])


def _row(name: str, rows: pd.DataFrame) -> list[Cell]:
    found = matrices.extremes(rows)
    best, worst, mistake = (found[kind] for kind in ("best", "worst", "mistake"))
    taken = f"{quoted(mistake[0])} for {quoted(mistake[1])} ({formatting.share(mistake[2], 0)})" if mistake else "none"
    ends = [
        f"{quoted(cell[0])} ({formatting.share(cell[2], 0)})" if cell else formatting.NONE for cell in (best, worst)
    ]
    return [Cell(name), *map(Cell, ends), Cell(taken)]
