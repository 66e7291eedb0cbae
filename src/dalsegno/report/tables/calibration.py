"""How far each model is from being right as often as it is sure, before and after temperature scaling."""

from collections.abc import Mapping
from typing import Any

from dalsegno.report import formatting
from dalsegno.report.tables.table import Cell, Column, Table

COLUMNS = [
    Column("model", words=True), Column("calibration\nerror", lower=True), Column("error\nafter scaling", lower=True),
    Column("temperature"), Column("log-loss", lower=True), Column("log-loss\nafter scaling", lower=True),
]  # fmt: skip


def table(models: Mapping[str, Mapping[str, Any]]) -> Table:
    """models: of compare.json."""
    return Table(COLUMNS, [[Cell(name), *_row(models[name])] for name in formatting.ranked(models)])


def legend(interval: Mapping[str, Any]) -> str:
    """What a reader of the table has to know."""
    return (
        f"Calibration error in points with its {formatting.share(interval['confidence'], None)} interval, over ten bins of confidence, and "
        "log-loss in nats. Where the interval reaches 0, the model may be calibrated. After temperature scaling: "
        f"{formatting.NONE} where no temperature was fitted on validation clips."
    )


def _row(m: Mapping[str, Any]) -> list[Cell]:
    scaled, temperature, loss = (m.get(of) for of in ("calibration_error_scaled", "temperature", "log_loss_scaled"))
    return [
        Cell(*formatting.with_ends(m, "calibration_error")),
        Cell(formatting.NONE if scaled is None else formatting.percent(scaled)),
        Cell(formatting.NONE if temperature is None else formatting.number(temperature, 2)),
        Cell(formatting.number(m.get("log_loss"), 3)),
        Cell(formatting.NONE if loss is None else formatting.number(loss, 3)),
    ]
