"""How each trial of a search ended, said while the search goes on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from dalsegno.pipeline.errors import counted
from dalsegno.search import space, study
from dalsegno.search.entry import Params

EVERY_S = 1.0  # how often the journal is looked at


@contextmanager
def told(found: Study, p: Params, numbers: list[int], say: Callable[[str], None]) -> Iterator[None]:
    """Say a line for each of the trials of these numbers soon after it has ended, whichever process or machine makes it.

    found: a study that nobody else uses, as another thread reads it.
    """
    left, over = set(numbers), threading.Event()

    def tell() -> None:
        for trial in study.finished(found, p):
            if trial.number in left:
                left.remove(trial.number)
                say(line(trial, p))

    def watch() -> None:
        while not over.wait(EVERY_S):
            tell()

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()
        tell()


def line(trial: FrozenTrial, p: Params) -> str:
    """The number of a trial from 1, how it ended, and what it had drawn."""
    values = "  ".join(f"{path} {_short(value)}" for path, value in space.meant(p.space, trial.params).items())
    return f"trial {trial.number + 1:>3}  {_ended(trial, p)}  {values}"


def _ended(trial: FrozenTrial, p: Params) -> str:
    if trial.state == TrialState.FAIL:
        return f"failed: {trial.user_attrs['error']}"
    epochs = trial.user_attrs["epochs"]
    if trial.state == TrialState.PRUNED:
        return f"pruned at epoch {epochs}, {p.metric} {trial.intermediate_values[epochs]:.4f}"
    return f"{p.metric} {trial.value:.4f} after {counted(epochs, 'epoch')}"


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
