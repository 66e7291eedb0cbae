"""The model whose settings are searched: its entry, and a job for any other settings of it. Data are loaded once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from dalsegno import models
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError, hint
from dalsegno.search import jobs, space
from dalsegno.training.job import Job

SOURCES = ("spectrogram", "input")  # settings that say what is read
UNREAD = ("control", "train.curves")
"""Settings of the twin from scratch, and of what is drawn of a run: no trial has either."""


@dataclass(frozen=True)
class Searched:
    """An entry whose settings are searched. name: <family>.<key>. entry: as params.yaml has it."""

    name: str
    entry: dict[str, Any]

    def files(self, drawn: space.Space) -> list[Path]:
        """What a trial depends on besides settings and data: its architecture, and the weights that it may start from."""
        archs = [Path(models.__path__[0], f"{arch}.py") for arch in self._texts("arch", drawn)]
        return [path for path in (*archs, *map(Path, self._texts("weights", drawn))) if path.exists()]

    def _texts(self, setting: str, drawn: space.Space) -> list[str]:
        """The texts that a trial may have at the top of its entry under this name."""
        values = [self.entry.get(setting), *(value for path, value in space.edges(drawn) if path == setting)]
        return [value for value in values if isinstance(value, str) and value]

    def check(self, source: str, drawn: space.Space) -> None:
        """Raise UserError for values that no trial could be trained with, before the first is: by path, all of them.

        source: what all trials read, below data/. What may depend on an architecture that is drawn itself is left to the
        trials.
        """
        if source != (own := jobs.reads(self.name, self.entry)):
            raise UserError(f"input is {source}, but {self.name} reads {own}; write the same")
        if elsewhere := [path for path in drawn if path in SOURCES]:
            raise UserError(f"space: {elsewhere[0]}: all trials read {source}; make a search of each")
        if idle := [path for path in drawn if f"{path}.".startswith(tuple(f"{name}." for name in UNREAD))]:
            raise UserError(f"space: {idle[0]}: it changes nothing in what a trial is judged by; leave it out")
        edges = list(space.edges(drawn))
        start = dict(reversed(edges))  # the first value of each path
        trials = [self.with_values(start | {path: value}) for path, value in edges]
        found = [jobs.problems(self.name, trial) for trial in trials]
        judged = [n for n, (path, _) in enumerate(edges) if "arch" not in drawn or not path.startswith("model.")]
        problems = [what for n in judged for what in self._of(edges[n][0], found[n])]
        problems = problems or (found[0] if found and all(found) else [])
        if problems := problems or [what for n in judged for what in self._unread(*edges[n], trials)]:
            raise UserError(f"space: {'; '.join(dict.fromkeys(problems))}")

    def _of(self, path: str, problems: list[str]) -> list[str]:
        """Those of the problems of a trial that are about its value at a path."""
        place = f"{self.name}.{path}"
        return [what for what in problems if what.startswith((f"{place}:", f"{place}."))]

    def _unread(self, path: str, value: Any, trials: list[dict[str, Any]]) -> list[str]:
        """Why no trial reads this value at its path, whatever other value a setting has beside it."""
        why = ""
        for entry in trials:
            why = jobs.unread(self.name, space.with_values(entry, {path: value}), path)
            if not why:
                return []
        return [f"{path}: {why}"]

    def with_values(self, values: dict[str, Any]) -> dict[str, Any]:
        """The entry with these values at their dotted paths."""
        return space.with_values(self.entry, values)


@dataclass(frozen=True)
class Subject(Searched):
    """With its data. job: from an entry with other settings to what to train.

    train: trains such an entry on every fold and seed, into a folder and, its curves, into another.
    """

    job: Callable[[dict[str, Any]], Job]
    train: Callable[[dict[str, Any], Path, Path], None]


def searched(of: str) -> Searched:
    """The entry `of` of params.yaml. Raises UserError if there is none."""
    family, key = of.split(".", 1)
    entries = params.document().get(family) or {}
    if key not in entries:
        raise UserError(f"of: there is no entry {of}{hint(of, [f'{family}.{k}' for k in entries])}")
    return Searched(of, entries[key])


def subject(of: str, source: str | Path, splits: pd.DataFrame, device: torch.device) -> Subject:
    """The model `of` in params.yaml, on the table, store or embeddings `source`. Raises UserError if there is none."""
    data = of, source, splits, device
    return Subject(of, searched(of).entry, jobs.jobs(*data), partial(jobs.train, *data))
