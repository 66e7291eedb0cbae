"""What a search found: its trials as a table, the best settings, which settings mattered, and how much the best flatters."""

import warnings
from typing import Any

import numpy as np
import optuna
import pandas as pd
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState
from scipy import special

from dalsegno.pipeline.errors import UserError
from dalsegno.search import space, study
from dalsegno.search.entry import Params


def table(found: Study, p: Params) -> pd.DataFrame:
    """trial, state, the metric, epochs, every setting that was drawn, and why a trial failed; the best first.

    A pruned trial has the metric of its last epoch, and stands below those that went to the end.
    """
    rows = [_row(trial, p) for trial in study.finished(found, p)]
    rows = pd.DataFrame(rows, columns=["trial", "state", p.metric, "epochs", *space.drawn(p.space), "error"])
    rank = rows["state"].map({"complete": 0, "pruned": 1, "failed": 2})
    value = rows[p.metric].astype(float) * (-1 if p.maximise else 1)
    return (
        rows.assign(_rank=rank, _value=value)
        .sort_values(["_rank", "_value", "trial"])
        .drop(columns=["_rank", "_value"])
    )


def best(found: Study, p: Params) -> tuple[float, dict[str, Any]]:
    """The best metric and the settings that gave it, the first of equals.

    Raises UserError if no trial came to its end, with the first reason.
    """
    complete = _complete(found, p)
    if not complete:
        ended = study.finished(found, p)
        reasons = [t.user_attrs["error"] for t in ended if "error" in t.user_attrs]
        why = f"the first failed because: {reasons[0]}" if reasons else "all were pruned; give it no pruner"
        raise UserError(f"no trial of {len(ended)} came to its end; {why}")
    sign = -1 if p.maximise else 1
    first = min(complete, key=lambda t: (sign * float(t.value), t.number))  # pyright: ignore[reportArgumentType]
    return float(first.value), space.meant(p.space, first.params)  # pyright: ignore[reportArgumentType]


def importance(found: Study, p: Params) -> dict[str, float]:
    """The share of the metric's variance that each setting explains (PED-ANOVA, Watanabe et al. 2023), by the trials that
    came to their end; empty for too few of them."""
    complete = _complete(found, p)
    if len(complete) < 4 or len({trial.value for trial in complete}) < 2:
        return {}
    asked = optuna.create_study(direction=found.direction)  # without trials beyond those that are asked for
    asked.add_trials(complete)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shares = optuna.importance.get_param_importances(
            asked, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
        )
    return {name: float(share) for name, share in shares.items()}


def flattery(rows: pd.DataFrame, p: Params, n_valid: int) -> float | None:
    """By how much the best of n trials would look better than they are, were all equally good; None for a loss.

    The expected maximum of n binomial shares of `n_valid` clips, each with the mean of the trials that came to their end.
    n counts those that were pruned as well: to fall behind, they were judged. Trials that answer alike flatter less.
    """
    judged = int((rows["state"] != "failed").sum())
    values = rows.loc[rows["state"] == "complete", p.metric].astype(float)
    if not p.maximise or judged < 2 or not n_valid:
        return None
    share = float(values.mean())
    below = special.bdtr(np.arange(n_valid), n_valid, share) ** judged  # that no trial has more clips right
    return float((1 - below).sum() / n_valid - share)


def _complete(found: Study, p: Params) -> list[FrozenTrial]:
    return [trial for trial in study.finished(found, p) if trial.state == TrialState.COMPLETE]


def _row(trial: FrozenTrial, p: Params) -> dict[str, Any]:
    state = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned"}.get(trial.state, "failed")
    value = trial.value if state == "complete" else next(reversed(trial.intermediate_values.values()), None)
    of_trial = {"trial": trial.number + 1, "state": state, p.metric: value, "epochs": trial.user_attrs.get("epochs")}
    drawn = {path: "null" if value is None else value for path, value in trial.params.items()}
    return of_trial | drawn | {"error": trial.user_attrs.get("error", "")}
