"""Baselines from scikit-learn on a feature table: what any network has to beat."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from jaxtyping import Float, Int, Shaped
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from dalsegno.artefacts.learning import splits_csv
from dalsegno.pipeline.params import section

ESTIMATORS = {
    "majority": lambda seed: DummyClassifier(strategy="prior"),
    "logistic": lambda seed: LogisticRegression(max_iter=5000),
    "svm": lambda seed: SVC(decision_function_shape="ovr", random_state=seed),
    "knn": lambda seed: KNeighborsClassifier(),
    "forest": lambda seed: RandomForestClassifier(random_state=seed),
}


@section
class Params:
    """An entry under `classical:` in params.yaml."""

    estimator: Literal["majority", "logistic", "svm", "knn", "forest"]
    grid: tuple[dict[str, Any], ...] = ({},)  # scikit-learn settings to choose from, by accuracy on the validation part
    seeds: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Fitted:
    """The estimator of one fold and seed. part (row,): of each row in this fold; train_s: seconds that fitting took."""

    fold: int
    seed: int
    part: Shaped[np.ndarray, " row"]
    model: Pipeline
    temperature: float
    val_accuracy: float
    train_s: float
    n_labels: int

    def probabilities(self, x: Float[np.ndarray, "row feature"]) -> Float[np.ndarray, "row label"]:
        """Of each class, in the order of `splits_csv.classes`; a class that the training part lacked gets 0."""
        return probabilities(self.model, self.temperature, x, self.n_labels)


def fitted(
    p: Params, x: Float[np.ndarray, "row feature"], owners: Shaped[np.ndarray, " row"], splits: pd.DataFrame
) -> Iterator[Fitted]:
    """Fit the estimator that `p` asks for on every fold of `splits` and with every seed.

    x: features of clips or of pieces of them. owners: the clip_id in `splits` that each row belongs to.
    """
    classes, rows = splits_csv.classes(splits), splits.set_index("clip_id").loc[owners]
    y = pd.Index(classes).get_indexer(rows["label"])  # -1 for an unlabelled row, which is in none of the two parts
    for fold in splits_csv.numbers(splits):
        part = rows[f"fold{fold}"].to_numpy()
        train, valid = ((x[part == name], y[part == name]) for name in ("train", "valid"))
        for seed in p.seeds:
            began = time.perf_counter()
            model = choose(p, seed, train, valid)
            t = temperature(model, *valid)
            train_s = time.perf_counter() - began
            yield Fitted(fold, seed, part, model, t, model.score(*valid), train_s, len(classes))


def choose(
    p: Params,
    seed: int,
    train: tuple[Float[np.ndarray, "n_train feature"], Int[np.ndarray, " n_train"]],
    valid: tuple[Float[np.ndarray, "n_valid feature"], Int[np.ndarray, " n_valid"]],
) -> Pipeline:
    """The estimator of `p.grid` that is most accurate on `valid`; the first of equals.

    train, valid: features and label indices of rows. Standardisation is fitted on `train` only.
    """
    pipelines = [make_pipeline(StandardScaler(), _estimator(p, seed, options)).fit(*train) for options in p.grid]
    return max(pipelines, key=lambda model: model.score(*valid))


def temperature(model: BaseEstimator, x: Float[np.ndarray, "row feature"], y: Int[np.ndarray, " row"]) -> float:
    """The temperature that makes softmax(decision / T) fit `y` best (Guo et al. 2017, arXiv 1706.04599).

    An SVM has decision values and no probabilities; scaled on the validation part they become some, in the same order.
    1.0 for an estimator with probabilities of its own.
    """
    if hasattr(model, "predict_proba"):
        return 1.0
    scores = _scores(model, x)
    loss = lambda log_t: -log_softmax(scores / np.exp(log_t), axis=1)[np.arange(len(y)), y].mean()  # noqa: E731
    return float(np.exp(minimize_scalar(loss, bounds=(-5, 5), method="bounded").x))


def probabilities(
    model: BaseEstimator, t: float, x: Float[np.ndarray, "row feature"], n_labels: int
) -> Float[np.ndarray, "row label"]:
    """Probabilities at temperature `t`; a class that the training part lacked gets 0."""
    p = np.zeros((len(x), n_labels))
    p[:, model.classes_] = (
        model.predict_proba(x) if hasattr(model, "predict_proba") else softmax(_scores(model, x) / t, 1)
    )
    return p


def _estimator(p: Params, seed: int, options: dict[str, Any]) -> BaseEstimator:
    return ESTIMATORS[p.estimator](seed).set_params(**options)


def _scores(model: BaseEstimator, x: Float[np.ndarray, "row feature"]) -> Float[np.ndarray, "row label"]:
    """Decision values; of two classes scikit-learn gives one column, for the second."""
    scores = model.decision_function(x)
    return np.stack([-scores, scores], 1) / 2 if scores.ndim == 1 else scores
