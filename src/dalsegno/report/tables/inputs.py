"""What the inputs of models took to compute."""

from collections.abc import Iterator, Mapping
from typing import Any

from dalsegno.report import formatting
from dalsegno.report.tables.table import Column, Table, plain

COLUMNS = [
    Column("input", words=True), Column("made from", words=True), Column("clips"), Column("seconds\nin all"), Column("ms\nper clip"),
]  # fmt: skip
LEGEND = "What models are made from, each computed once, for exact copies too, which are left out later; wall-clock seconds, with as many processes as `runtime.workers` says."


def table(comparison: Mapping[str, Any]) -> Table:
    """A row for each input of compare.json, in the order of names; the training of a pretrained network is one."""
    return plain(COLUMNS, (_row(name, cost) for name, cost in sorted(comparison["inputs"].items())))


def _row(name: str, cost: dict[str, Any]) -> tuple[str, ...]:
    trained = name.startswith("pretrain/")
    seconds, each = (
        (cost.get("train_s"), formatting.NONE)
        if trained
        else (cost.get("s"), formatting.number(cost.get("ms_per_clip")))
    )
    said = ", ".join(_said(cost)) or "the clips"
    return name, said, formatting.number(cost.get("clips")), formatting.number(seconds), each


def _said(cost: dict[str, Any]) -> Iterator[str]:
    if cost.get("of"):
        yield cost["of"]
    if cost.get("val_accuracy") is not None:
        yield (
            f"trained for {formatting.n_epochs(cost.get('epochs'))}; best validation accuracy "
            f"{formatting.share(cost['val_accuracy'])} on {formatting.number(cost.get('classes'))} classes of its own"
        )
    if cost.get("parameters"):
        yield f"{formatting.number(cost['parameters'])} parameters"
