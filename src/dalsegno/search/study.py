"""Trials of one search: drawn, trained, judged on validation clips, kept in a journal from which a broken search goes on."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.storages.journal import JournalStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from dalsegno.pipeline.errors import UserError
from dalsegno.search import draw, journal, space
from dalsegno.search.entry import Params
from dalsegno.search.subject import Subject
from dalsegno.training import train
from dalsegno.training.job import Run
from dalsegno.training.trained import trained


def name(p: Params, subject: Subject, data: str) -> str:
    """The name of a study: trials of another space, entry or data are of another study, and never mixed with these.

    How many trials there are to be, and by how many workers, is left out, so that a search can be made longer. data: a hash.
    """
    settings = [p.space, p.sampler, p.pruner, p.metric, p.folds, p.seed, subject.entry, data]
    return hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()[:16]


def opened(p: Params, path: str | Path, study: str) -> Study:
    """The study in the journal at `path`, new if it is not there."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study(
        storage=JournalStorage(journal.Journal(Path(path))),
        study_name=study,
        direction="maximize" if p.maximise else "minimize",
        load_if_exists=True,
        sampler=draw.ByNumber(p),
    )


def prepare(found: Study, p: Params) -> list[int]:
    """Put all trials into the journal; the numbers of those that are still to be made. Of a grid, each has its point,
    and draws what the grid leaves open.

    A trial has its number before it is made, and keeps it if the search is broken off and goes on.
    """
    n_known = len(found.get_trials(deepcopy=False))
    points = space.points(p.space) if p.sampler == "grid" else [{}] * p.n_trials
    order = np.random.default_rng(p.seed).permutation(len(points))
    for i in order[n_known : p.n_trials]:
        found.enqueue_trial(points[i])
    for _ in found.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
        found.ask()
    return [trial.number for trial in _trials(found, p) if not trial.state.is_finished()]


def finished(found: Study, p: Params) -> list[FrozenTrial]:
    """The trials that came to an end, of as many as the entry asks for."""
    return [trial for trial in _trials(found, p) if trial.state.is_finished()]


def make_trials(found: Study, p: Params, subject: Subject, numbers: list[int]) -> None:
    """Make the trials of these numbers that have not come to an end. One that cannot be trained, or diverges, is kept as
    failed, with the reason."""
    for number in numbers:
        trial = found.get_trials(deepcopy=False)[number]
        if not trial.state.is_finished():
            _make(Trial(found, trial._trial_id), p, subject)


def _trials(found: Study, p: Params) -> list[FrozenTrial]:
    return found.get_trials(deepcopy=False)[: p.n_trials]


def _make(trial: Trial, p: Params, subject: Subject) -> None:
    for path, distribution in space.drawn(p.space).items():
        trial._suggest(path, distribution)  # as `ask` does
    try:
        trial.study.tell(trial, _trained(subject, space.meant(p.space, trial.params), p, trial))
    except optuna.TrialPruned:
        trial.study.tell(trial, state=TrialState.PRUNED)
    except UserError as error:
        trial.set_user_attr("error", str(error))
        trial.study.tell(trial, state=TrialState.FAIL)


def runs(subject: Subject, entry: dict[str, Any], p: Params) -> list[Run]:
    """What a trial of this entry trains: all seeds on the first folds."""
    every = subject.job(entry).runs()
    folds = sorted({run.fold for run in every})[: p.folds]
    return [run for run in every if run.fold in folds]


def _trained(subject: Subject, values: dict[str, Any], p: Params, trial: Trial) -> float:
    """The mean over runs of the metric of the best epoch. The trial keeps how many epochs were trained in all."""
    every = runs(subject, subject.with_values(values), p)
    settings = every[0].job.train
    trial.study.pruner = draw.pruner(p, settings.epochs)
    watch = _Watch(trial, p, settings)
    try:
        best = [float(trained(run, watch)[1].best[p.metric]) for run in every]
    finally:
        trial.set_user_attr("epochs", watch.epochs)
    return float(np.mean(best))


class _Watch:
    """Counts the epochs of a trial, and tells the pruner after those of its first run what the trial's metric would be if
    it ended there."""

    def __init__(self, trial: Trial, p: Params, how: train.Params) -> None:
        self.trial, self.p, self.how, self.epochs, self.best = trial, p, how, 0, train.Metrics()

    def __call__(self, metrics: train.Metrics) -> None:
        """Raises TrialPruned if the trial falls behind."""
        self.epochs += 1
        if self.p.pruner is None or metrics["epoch"] + 1 != self.epochs:
            return
        if not self.best or train.badness(metrics, self.how) < train.badness(self.best, self.how):
            self.best = metrics
        self.trial.report(float(self.best[self.p.metric]), self.epochs)
        if self.epochs < self.how.epochs and self.trial.should_prune():
            raise optuna.TrialPruned
