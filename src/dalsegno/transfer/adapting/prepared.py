"""A transfer model ready to be trained, whichever way: a job, and what is to be said of its result."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dalsegno.artefacts import leaks_json
from dalsegno.artefacts.leaks_json import Leaks
from dalsegno.artefacts.learning import model_pt
from dalsegno.training import runs
from dalsegno.training.job import Job
from dalsegno.transfer.adapting import layer_weights


@dataclass(frozen=True)
class Prepared:
    """job: what to train. description: what model.pt says of it, `layers` where their weights are learnt.

    leaks: what its weights knew of the scored clips.
    """

    job: Job
    description: dict[str, Any]
    leaks: Leaks

    def train(self, run_dir: str | Path, metrics_dir: str | Path) -> None:
        """Train every fold and seed, as `runs.all_runs` does; beside the result, write leaks.json and weights of layers."""
        runs.all_runs(self.job, self.description, run_dir, metrics_dir)
        if names := self.description.get("layers"):
            states = [run["state"] for run in model_pt.load(Path(run_dir, "model.pt"))["runs"]]
            layer_weights.write(run_dir, names, states)
        leaks_json.write(Path(run_dir, "leaks.json"), self.leaks)
