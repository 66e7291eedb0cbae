"""metrics.json of a classical model: how each entry of its grid did on the validation part, and which one was chosen."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dalsegno.artefacts.learning import json_file

FILE = "metrics.json"


def of_run(fold: int, seed: int, grid: Sequence[dict[str, Any]], accuracies: Sequence[float]) -> dict[str, Any]:
    """What the file says of a fold and seed. accuracies: of each entry of `grid`; the first of the highest is chosen."""
    best = max(accuracies)
    tried = [{"settings": dict(settings), "val_accuracy": a} for settings, a in zip(grid, accuracies, strict=True)]
    chosen = grid[list(accuracies).index(best)]
    return {"fold": fold, "seed": seed, "chosen": dict(chosen), "val_accuracy": best, "grid": tried}


def write(folder: str | Path, runs: Sequence[dict[str, Any]]) -> None:
    """Write `val_accuracy`, the mean over `runs` of what was chosen, and `runs`, as `of_run` makes them."""
    mean = sum(run["val_accuracy"] for run in runs) / len(runs)
    json_file.write(Path(folder, FILE), {"val_accuracy": mean, "runs": list(runs)})
