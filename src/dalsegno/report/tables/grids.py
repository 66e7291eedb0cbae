"""What each entry of the grid of a classical model reached on the validation clips, and in how many runs it was chosen."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dalsegno.artefacts import grid_json, model_name
from dalsegno.report import formatting
from dalsegno.report.tables.table import Column, Table, plain

HEADS = ["validation accuracy\nmean, %", "least, %", "greatest, %", "chosen\nin runs"]
COLUMNS = [Column("settings", words=True), *map(Column, HEADS)]
LEGEND = (
    "The accuracy of each choice of settings on the validation clips, over the runs (folds and seeds). Every run takes the most accurate, "
    "the first of equals."
)


def read(runs_dir: str | Path, names: Sequence[str]) -> dict[str, Table]:
    """The table of each of these models that had something to choose."""
    found = {name: grid_json.read(model_name.folder(runs_dir, name)) for name in names}
    return {name: table(runs) for name, runs in found.items() if runs and len(runs[0]["grid"]) > 1}


def table(runs: Sequence[Mapping[str, Any]]) -> Table:
    """runs: as `grid_json.read` gives them, all of one grid."""
    rows = []
    for i, entry in enumerate(runs[0]["grid"]):
        reached = [run["grid"][i]["val_accuracy"] for run in runs]
        chosen = sum(run["chosen"] == entry["settings"] for run in runs)
        shares = [formatting.percent(value) for value in (sum(reached) / len(reached), min(reached), max(reached))]
        rows.append([_settings(entry["settings"]), *shares, f"{chosen} of {len(runs)}"])
    return plain(COLUMNS, rows)


def _settings(options: Mapping[str, Any]) -> str:
    return (
        ", ".join(f"{name}: {formatting.setting(value)}" for name, value in options.items())
        or "scikit-learn's defaults"
    )
