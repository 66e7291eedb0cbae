"""The files that the page is made of, read as they were written."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from dalsegno.artefacts import model_name
from dalsegno.artefacts.learning import json_file
from dalsegno.report import complete, formatting
from dalsegno.report.tables import grids
from dalsegno.report.tables.table import Table

TEXT = dict.fromkeys(["model", "other", "class", "actual", "predicted", "run", "layer", "type", "output"], str)
MACHINE = {
    "python": "Python",
    "processor": "Processor",
    "cores": "Cores",
    "threads": "Threads of a training",
    "gpu": "GPU",
    "device": "Device",
}
"""What cost.json says of the machine, and as what the report has it."""
TABLES = ("classes", "confusion", "coverage", "curves", "pairs", "reliability")


@dataclass(frozen=True)
class Sources:
    """compare: compare.json; clips, splits, protocols: the metrics of these stages; tables: metrics/plots/<name>.csv.

    params: sections of params.yaml, with the defaults that the models were trained with. made_with: for each package the
    versions that trained the models; machine: likewise what they were trained on, under the names of MACHINE. layers: the
    layers of each network. layer_weights: of each head that learnt weights over the layers of its encoder. grids: of each
    classical model that chose among settings. identity: a short SHA-256 of what a run is determined by.
    """

    compare: dict[str, Any]
    clips: dict[str, Any]
    splits: dict[str, Any]
    protocols: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    params: dict[str, Any]
    made_with: dict[str, list[str]]
    machine: dict[str, list[str]]
    layers: dict[str, pd.DataFrame]
    layer_weights: dict[str, pd.DataFrame]
    grids: dict[str, Table]
    identity: dict[str, str]

    def under_stamped_names(self) -> "Sources":
        """The same with models called as they are to be called, LEAKY ones stamped."""
        called = formatting.names(self.compare)
        tables = {name: formatting.stamped_rows(self.compare, rows) for name, rows in self.tables.items()}
        layers, weights, chosen = (
            formatting.of_called(of, called) for of in (self.layers, self.layer_weights, self.grids)
        )
        compare = formatting.stamped(self.compare)
        return replace(self, compare=compare, tables=tables, layers=layers, layer_weights=weights, grids=chosen)


def read(
    compare_json: str, plots_dir: str, clips_json: str, splits_json: str, protocols_json: str, runs_dir: str,
    data: dict[str, str], params: dict[str, Any],
) -> Sources:  # fmt: skip
    """Read all of them. data: the files that identify the data, by what they are called; params: sections of params.yaml."""
    compare, clips, splits, protocols = map(json_file.read, (compare_json, clips_json, splits_json, protocols_json))
    tables = {name: _table(Path(plots_dir, f"{name}.csv")) for name in TABLES}
    identity = {called: _short(Path(path).read_bytes()) for called, path in data.items()}
    identity["parameters"] = _short(json.dumps(params, sort_keys=True, default=str).encode())
    folders = {name: model_name.folder(runs_dir, name) for name in compare["models"]}
    layers, weights = (
        {name: _table(f / file) for name, f in folders.items() if (f / file).is_file()}
        for file in ("layers.csv", "layer_weights.csv")
    )
    files = [folder / "cost.json" for folder in folders.values()]
    costs = [json_file.read(path) for path in files if path.is_file()]
    return Sources(
        compare, clips, splits, protocols, tables, complete.complete(params, runs_dir),
        _made_with(costs), _machine(costs), layers, weights, grids.read(runs_dir, list(folders)), identity,
    )  # fmt: skip


def _table(path: Path) -> pd.DataFrame:
    """Names are text, even one that reads NA or 1; an empty cell is not a number."""
    rows = pd.read_csv(path, dtype=TEXT, keep_default_na=False, na_values=[""])
    return rows.fillna({column: "" for column in rows if column in TEXT})


def _made_with(costs: list[dict[str, Any]]) -> dict[str, list[str]]:
    """costs: cost.json of each model that has one."""
    found: dict[str, set[str]] = {}
    for cost in costs:
        for package, version in cost.get("versions", {}).items():
            found.setdefault(package, set()).add(version)
    return {package: sorted(versions) for package, versions in sorted(found.items())}


def _machine(costs: list[dict[str, Any]]) -> dict[str, list[str]]:
    found = {words: sorted({str(cost[what]) for cost in costs if what in cost}) for what, words in MACHINE.items()}
    return {words: values for words, values in found.items() if values}


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
