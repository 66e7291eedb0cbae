"""What the inputs of models took to compute, row by row: for the page, the paper and the Markdown table."""

from collections.abc import Iterator
from typing import Any

from dalsegno.report import formatting

HEAD = ["input", "from what, and how good", "clips", "seconds in all", "ms per clip"]
Row = tuple[str, str, str, str, str]


def rows(comparison: dict[str, Any]) -> list[Row]:
    """A row under HEAD for each input of compare.json, in the order of names; the training of a pretrained network is one."""
    return [_row(name, cost) for name, cost in sorted(comparison["inputs"].items())]


def _row(name: str, cost: dict[str, Any]) -> Row:
    trained = name.startswith("pretrain/")
    seconds, each = (
        (cost.get("train_s"), "–") if trained else (cost.get("s"), formatting.number(cost.get("ms_per_clip")))
    )
    said = ", ".join(_said(cost)) or "–"
    return name, said, formatting.number(cost.get("clips")), formatting.number(seconds), each


def _said(cost: dict[str, Any]) -> Iterator[str]:
    if cost.get("of"):
        yield f"from {cost['of']}"
    if cost.get("val_accuracy") is not None:
        yield (
            f"trained {formatting.number(cost.get('epochs'))} epochs; at the best, validation accuracy "
            f"{formatting.share(cost['val_accuracy'])} on {formatting.number(cost.get('classes'))} classes of its own"
        )
    if cost.get("parameters"):
        yield f"{formatting.number(cost['parameters'])} parameters"
