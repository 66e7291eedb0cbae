"""The model whose settings are searched: its entry, and a job for any other settings of it. Data are loaded once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError, hint
from dalsegno.search import jobs, space
from dalsegno.training.job import Job


@dataclass(frozen=True)
class Subject:
    """name: <family>.<key>. entry: as params.yaml has it. job: from an entry with other settings to what to train."""

    name: str
    entry: dict[str, Any]
    job: Callable[[dict[str, Any]], Job]

    @property
    def weights(self) -> list[str]:
        """The file or folder that it starts from, if there is one."""
        named = self.entry.get("weights")
        return [named] if named and Path(named).exists() else []

    def check(self, drawn: space.Space) -> None:
        """Raise UserError for values that no trial could be trained with, before the first is: by path, all of them.

        What may depend on an architecture that is drawn itself is left to the trials.
        """
        edges, problems = list(space.edges(drawn)), dict[str, None]()
        start = dict(reversed(edges))  # the first value of each path
        for path, value in edges:
            if "arch" in drawn and path.startswith("model."):
                continue
            place = f"{self.name}.{path}"
            found = jobs.problems(self.name, self.with_values(start | {path: value}))
            problems |= dict.fromkeys(what for what in found if what.startswith((f"{place}:", f"{place}.")))
        if problems:
            raise UserError(f"space: {'; '.join(problems)}")

    def with_values(self, values: dict[str, Any]) -> dict[str, Any]:
        """The entry with these values at their dotted paths."""
        return space.with_values(self.entry, values)


def subject(of: str, source: str | Path, splits: pd.DataFrame, device: torch.device) -> Subject:
    """The model `of` in params.yaml, on the table, store or embeddings `source`. Raises UserError if there is none."""
    family, key = of.split(".", 1)
    entries = params.document().get(family) or {}
    if key not in entries:
        raise UserError(f"params.yaml: there is no entry {of}{hint(of, [f'{family}.{k}' for k in entries])}")
    return Subject(of, entries[key], jobs.jobs(of, source, splits, device))
