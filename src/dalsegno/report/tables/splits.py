"""How many clips lie in which part of each fold, and what one model scores under each protocol."""

from collections.abc import Mapping
from typing import Any

from dalsegno.pipeline.errors import counted
from dalsegno.report import formatting
from dalsegno.report.tables.table import Cell, Column, Table, plain

PARTS = ("train", "valid", "test")
OF_PARTS = [Column("fold", words=True), *map(Column, (*PARTS, "left out"))]
OF_PROTOCOLS = [
    Column("protocol", words=True), Column("segments"), Column("clips"), Column("in more than one part of a fold", words=True),
]  # fmt: skip


def parts(splits: Mapping[str, Any]) -> Table:
    """splits: metrics/splits.json."""
    number = formatting.number
    rows = [
        (fold.removeprefix("fold"), *(number(of[part]["all"]) for part in PARTS), number(splits["left_out"].get(fold)))
        for fold, of in splits["clips"].items()
    ]
    return plain(OF_PARTS, rows)


def protocols(of: Mapping[str, Any]) -> Table:
    """of: metrics/protocols.json."""
    return Table(OF_PROTOCOLS, [_protocol(name, m) for name, m in of["protocols"].items()])


def legend(of: Mapping[str, Any]) -> str:
    """What a reader of the table of protocols has to know."""
    return f"Accuracy in per cent with {formatting.share(of['confidence'], None)} intervals, of segments and of whole clips."


def leaks(of: Mapping[str, int]) -> str:
    """What lies on more than one side of a split: `7 clips, 1 group`; `nothing`."""
    return ", ".join(counted(n, kind.replace("_", " ")) for kind, n in of.items() if n) or "nothing"


def _protocol(name: str, m: Mapping[str, Any]) -> list[Cell]:
    unlike_test = " (validation, not test)" if m["part"] != "test" else ""
    scores = (
        Cell(*formatting.with_ends(m, metric)) if metric in m else Cell(formatting.NONE)
        for metric in ("segment_accuracy", "clip_accuracy")
    )
    return [Cell(name + formatting.STAMP * bool(m["leaky"]) + unlike_test), *scores, Cell(leaks(m["leaks"]))]
