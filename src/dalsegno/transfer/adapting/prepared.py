"""A transfer model ready to be trained, whichever way: a job, and what is to be said of its result."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dalsegno.artefacts import leaks_json
from dalsegno.artefacts.leaks_json import Leaks
from dalsegno.training import runs
from dalsegno.training.job import Job


@dataclass(frozen=True)
class Prepared:
    """job: what to train. description: what model.pt says of it. leaks: what its weights knew of the scored clips."""

    job: Job
    description: dict[str, Any]
    leaks: Leaks

    def train(self, run_dir: str | Path, metrics_dir: str | Path) -> None:
        """Train every fold and seed, as `runs.all_runs` does, and write leaks.json beside the result."""
        runs.all_runs(self.job, self.description, run_dir, metrics_dir)
        leaks_json.write(Path(run_dir, "leaks.json"), self.leaks)
