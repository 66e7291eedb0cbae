"""How each entry of a classical model's grid did on the validation part, and which one was chosen: metrics.json and grid.json."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dalsegno.artefacts.learning import json_file

METRICS, OF_RUN = "metrics.json", "grid.json"
"""The file in the folder of the model's metrics, for `dvc metrics diff`; and the same in the folder of its runs, for reports."""


def of_run(fold: int, seed: int, grid: Sequence[dict[str, Any]], accuracies: Sequence[float]) -> dict[str, Any]:
    """What the file says of a fold and seed. accuracies: of each entry of `grid`; the first of the highest is chosen."""
    accuracies = [round(a, 6) for a in accuracies]
    best = max(accuracies)
    tried = [{"settings": dict(settings), "val_accuracy": a} for settings, a in zip(grid, accuracies, strict=True)]
    chosen = grid[accuracies.index(best)]
    return {"fold": fold, "seed": seed, "chosen": dict(chosen), "val_accuracy": best, "grid": tried}


def write(path: str | Path, runs: Sequence[dict[str, Any]]) -> None:
    """Write `val_accuracy`, the mean over `runs` of what was chosen, and `runs`, as `of_run` makes them; settings unrounded."""
    mean = round(sum(run["val_accuracy"] for run in runs) / len(runs), 6)
    json_file.write(path, {"val_accuracy": mean, "runs": list(runs)}, exact=True)


def read(run_dir: str | Path) -> list[dict[str, Any]]:
    """The runs of the file in the folder of a model's runs; none where there is no such file, as of a network."""
    path = Path(run_dir, OF_RUN)
    return json_file.read(path)["runs"] if path.is_file() else []
