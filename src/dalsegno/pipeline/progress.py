"""How far along a run is: bars, the place of a stage among all, and what is left of training. It cannot change a result."""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from tqdm import tqdm

from dalsegno.pipeline.cluster import ranks
from dalsegno.pipeline.duration import duration

T = TypeVar("T")


def bar(items: Iterable[T], desc: str, total: int | None = None, unit: str = "clip") -> Iterator[T]:
    """Yield `items`, showing how far along they are; without a terminal, one line every ten seconds."""
    live = sys.stderr.isatty()
    return iter(
        tqdm(items, desc=f"{desc:<14}", total=total, unit=unit, dynamic_ncols=live, ascii=not live,
             ncols=None if live else 100, mininterval=0.1 if live else 10, maxinterval=10)
    )  # fmt: skip


def warn(text: str) -> None:
    """Print a line to stderr, above the bar if there is one."""
    tqdm.write(text, file=sys.stderr)


def say(text: str) -> None:
    """Print a line at once, so that it stands in order with the lines of other stages."""
    if ranks.rank() == 0:  # of several processes that train together
        print(text, flush=True)


def place(address: str, stages: dict[str, Any], entries: dict[str, Any]) -> str:
    """`stage 3 of 27`: the place of a stage in the order of dvc.yaml; empty if dvc.yaml has no such stage.

    address: as DVC has it, with the key of an entry behind @. stages: of dvc.yaml. entries: params.yaml, whose sections
    `foreach` names. DVC takes stages in the order of dvc.yaml as long as none stands before one that it depends on.
    """
    names = [one for name, stage in stages.items() for one in _each(name, stage, entries)]
    return f"stage {names.index(address) + 1} of {len(names)}" if address in names else ""


def _each(name: str, stage: dict[str, Any], entries: dict[str, Any]) -> list[str]:
    """The addresses of a stage: one, or one for each key of the section in its `foreach: ${section}`."""
    if "foreach" not in stage:
        return [name]
    keys = stage["foreach"]
    if isinstance(keys, str):
        keys = entries.get(keys.strip("${}")) or {}
    return [f"{name}@{key}" for key in keys]


class Runs:
    """Which run of a model is being trained, of how many, and about how long the rest will take.

    most: the epochs of a run, if it does not stop early; 1 for a model without epochs.
    """

    def __init__(self, n_runs: int, most: int) -> None:
        self.n_runs, self.most = n_runs, most
        self.began, self.ended = time.perf_counter(), list[int]()

    def __str__(self) -> str:
        return f"run {len(self.ended) + 1}/{self.n_runs}"

    def end(self, epochs: int) -> None:
        """A run has ended after so many epochs."""
        self.ended.append(epochs)

    def left(self, epoch: int) -> str:
        """`about 3 min left`, once `epoch` epochs of this run are done; `at most` as long as no run has ended."""
        took = time.perf_counter() - self.began
        left = took / (sum(self.ended) + epoch) * epochs_left(self.ended, epoch, self.n_runs, self.most)
        return f"{'about' if self.ended else 'at most'} {duration(left)} left"


def epochs_left(ended: Sequence[int], epoch: int, n_runs: int, most: int) -> float:
    """How many epochs of `n_runs` runs are left, `epoch` of this one being done.

    ended: the epochs of each run so far. Those to come are taken to need as many on average, which early stopping makes
    fewer than `most`.
    """
    usual = sum(ended) / len(ended) if ended else most
    return max(usual - epoch, 0) + usual * (n_runs - len(ended) - 1)
