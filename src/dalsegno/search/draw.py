"""How the trials of a search are drawn, and which are broken off."""

from typing import Any

import numpy as np
from optuna import pruners, samplers
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from dalsegno.search.entry import Params


class ByNumber(BaseSampler):
    """The sampler of an entry. What a trial draws depends on the seed and its number alone, so that a trial
    that is made again draws what it had drawn, and no two processes draw the same."""

    def __init__(self, p: Params) -> None:
        self.kind, self.seed = samplers.TPESampler if p.sampler == "tpe" else samplers.RandomSampler, p.seed
        self.of_trial: BaseSampler = self.kind(seed=p.seed)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Begin anew from the trial's number."""
        self.of_trial = self.kind(seed=int(np.random.SeedSequence([self.seed, trial.number]).generate_state(1)[0]))

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """The settings that are drawn together."""
        return self.of_trial.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Values of the settings that are drawn together."""
        return self.of_trial.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """A value of one setting."""
        return self.of_trial.sample_independent(study, trial, param_name, param_distribution)


def pruner(p: Params, n_epochs: int) -> pruners.BasePruner:
    """What breaks off a trial of `n_epochs` that falls behind.

    Halving (Li et al. 2020, A System for Massively Parallel Hyperparameter Tuning) looks at a trial after a sixth, a
    third and two thirds of its epochs, and lets it go on if it belongs to the better half of those that came so far.
    """
    if p.pruner == "halving":
        return pruners.SuccessiveHalvingPruner(min_resource=max(1, round(n_epochs / 6)), reduction_factor=2)
    return pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=2) if p.pruner else pruners.NopPruner()
