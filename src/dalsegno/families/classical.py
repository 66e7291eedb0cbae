"""Baselines from scikit-learn on a feature table: what any network has to beat."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from jaxtyping import Float, Int, Shaped
from scipy.special import softmax
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from dalsegno.artefacts.learning import calibration, predictions_parquet, splits_csv
from dalsegno.artefacts.learning.seeds import Seeds
from dalsegno.families.grid import ESTIMATORS, Grid
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.params import section
from dalsegno.pipeline.refusals import shown


@section
class Params:
    """An entry under `classical:` in params.yaml."""

    estimator: Literal["majority", "logistic", "svm", "knn", "forest"]
    # scikit-learn settings to choose from, by accuracy on the validation part
    grid: Grid = ({},)
    seeds: Seeds = (0,)


@dataclass(frozen=True)
class Part:
    """Rows of the training or the validation part: features x, label index y, and the clip that each row belongs to."""

    x: Float[np.ndarray, "row feature"]
    y: Int[np.ndarray, " row"]
    clip: Int[np.ndarray, " row"]

    @property
    def n_clips(self) -> int:
        """The number of clips that have a row."""
        return len(np.unique(self.clip))


@dataclass(frozen=True)
class Calibrated:
    """A fitted estimator whose decision values, divided by `temperature`, become probabilities of `n_labels` classes."""

    model: Pipeline
    temperature: float
    n_labels: int
    options: dict[str, Any] = field(default_factory=dict)  # the entry of the grid that it was fitted with

    def probabilities(self, x: Float[np.ndarray, "row feature"]) -> Float[np.ndarray, "row label"]:
        """Of each class, in the order of `splits_csv.classes`; a class that the training part lacked gets 0."""
        p = np.zeros((len(x), self.n_labels))
        p[:, self.model.classes_] = (
            self.model.predict_proba(x)
            if hasattr(self.model, "predict_proba")
            else softmax(_scores(self.model, x) / self.temperature, 1)
        )
        return p


@dataclass(frozen=True)
class Fitted:
    """The estimator of one fold and seed. part (row,): of each row in this fold; train_s: seconds that fitting took.

    accuracies: on the validation part, of each entry of the grid; the estimator is of the first of the highest.
    """

    fold: int
    seed: int
    part: Shaped[np.ndarray, " row"]
    estimator: Calibrated
    accuracies: list[float]
    train_s: float

    @property
    def val_accuracy(self) -> float:
        """Of the entry of the grid that was chosen."""
        return max(self.accuracies)


def fitted(
    p: Params, x: Float[np.ndarray, "row feature"], owners: Shaped[np.ndarray, " row"], splits: pd.DataFrame
) -> Iterator[Fitted]:
    """Fit the estimator that `p` asks for on every fold of `splits` and with every seed.

    x: features of clips or of pieces of them. owners: the clip_id in `splits` that each row belongs to. Raises UserError
    if the estimator cannot be fitted with the settings of `p`.
    """
    classes, rows = splits_csv.classes(splits), splits.set_index("clip_id").loc[owners]
    y = pd.Index(classes).get_indexer(rows["label"])  # -1 for an unlabelled row, which is in none of the two parts
    clip = pd.factorize(owners)[0]
    for fold in splits_csv.numbers(splits):
        part = rows[f"fold{fold}"].to_numpy()
        train, valid = (Part(x[part == name], y[part == name], clip[part == name]) for name in ("train", "valid"))
        for seed in p.seeds:
            began = time.perf_counter()
            try:
                estimator, accuracies = choose(p, seed, train, valid, len(classes))
            except UserError as error:
                raise UserError(f"fold {fold}: {error}") from None
            yield Fitted(fold, seed, part, estimator, accuracies, time.perf_counter() - began)


def choose(p: Params, seed: int, train: Part, valid: Part, n_labels: int) -> tuple[Calibrated, list[float]]:
    """The estimator of `p.grid` that calls most clips of `valid` right, the first of equals; and the accuracies of all.

    A clip is called as in scoring: the class of the greatest mean probability over its rows. Standardisation is fitted
    on `train` only.
    """
    candidates = [_fit(p, seed, options, train, valid, n_labels) for options in p.grid]
    accuracies = [accuracy(candidate.probabilities(valid.x), valid) for candidate in candidates]
    return candidates[int(np.argmax(accuracies))], accuracies


def accuracy(p: Float[np.ndarray, "row label"], part: Part) -> float:
    """The share of the clips of `part` whose greatest mean probability, over their rows, is that of the right class."""
    clips, first, place = np.unique(part.clip, return_index=True, return_inverse=True)
    predicted = predictions_parquet.mean_per_clip(p, place, len(clips)).argmax(1)
    return float((predicted == part.y[first]).mean())


def scaling(predicted: pd.DataFrame, classes: list[str]) -> float:
    """The temperature that suits the probabilities of the validation clips, whatever temperature they come from.

    predicted: a run's rows of predictions.parquet.
    """
    valid = predicted[(predicted["split"] == "valid") & (predicted["label"] != "")]
    p = valid[[f"p_{c}" for c in classes]].to_numpy()
    return calibration.temperature_from(p, pd.Index(classes).get_indexer(valid["label"]))


def temperature(model: BaseEstimator, part: Part) -> float:
    """The temperature of an estimator with decision values, fitted on `part`; 1.0 if it has probabilities of its own.

    An SVM has decision values and no probabilities; scaled on the validation part they become some, in the same order.
    """
    if hasattr(model, "predict_proba"):
        return 1.0
    return calibration.temperature(_scores(model, part.x), part.y, part.n_clips)


def _fit(p: Params, seed: int, options: dict[str, Any], train: Part, valid: Part, n_labels: int) -> Calibrated:
    """The estimator with `options`, one entry of `p.grid`. Raises UserError if scikit-learn refuses them."""
    model = pipeline(p, seed, options, train)
    return Calibrated(model, temperature(model, valid), n_labels, options)


def pipeline(p: Params, seed: int, options: dict[str, Any], train: Part) -> Pipeline:
    """Standardisation and the estimator with `options`, fitted on `train`. Raises UserError if scikit-learn refuses them."""
    estimator = ESTIMATORS[p.estimator](seed).set_params(**options)
    try:
        fitted = make_pipeline(StandardScaler(), estimator).fit(train.x, train.y)
        if p.estimator == "knn" and estimator.n_neighbors > len(train.x):
            raise ValueError(
                f"it asks for {estimator.n_neighbors} neighbours, but there are only {len(train.x)} training rows; give it a "
                f"`grid` with n_neighbors of at most {len(train.x)}"
            )
        return fitted
    except (ValueError, TypeError) as error:
        raise UserError(f"{p.estimator} with {shown(options)}: {str(error).splitlines()[0]}") from None


def _scores(model: BaseEstimator, x: Float[np.ndarray, "row feature"]) -> Float[np.ndarray, "row label"]:
    """Decision values; of two classes scikit-learn gives one column, for the second."""
    scores = model.decision_function(x)
    return np.stack([-scores, scores], 1) / 2 if scores.ndim == 1 else scores
