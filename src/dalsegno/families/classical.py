"""Baselines from scikit-learn on a feature table: what any network has to beat."""

from typing import Any, Literal

import numpy as np
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

from dalsegno.pipeline.params import section

KINDS = {
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


def choose(
    p: Params, seed: int, train: tuple[np.ndarray, np.ndarray], valid: tuple[np.ndarray, np.ndarray]
) -> Pipeline:
    """The estimator of `p.grid` that is most accurate on `valid`; the first of equals.

    train, valid: features (row, feature) and label indices (row,). Standardisation is fitted on `train` only.
    """
    fitted = [make_pipeline(StandardScaler(), _with(p, seed, options)).fit(*train) for options in p.grid]
    return max(fitted, key=lambda model: model.score(*valid))


def temperature(model: BaseEstimator, x: np.ndarray, y: np.ndarray) -> float:
    """The temperature that makes softmax(decision / T) fit `y` best (Guo et al. 2017, arXiv 1706.04599).

    An SVM has decision values and no probabilities; scaled on the validation part they become some, in the same order.
    1.0 for an estimator with probabilities of its own.
    """
    if hasattr(model, "predict_proba"):
        return 1.0
    scores = _scores(model, x)
    loss = lambda log_t: -log_softmax(scores / np.exp(log_t), axis=1)[np.arange(len(y)), y].mean()  # noqa: E731
    return float(np.exp(minimize_scalar(loss, bounds=(-5, 5), method="bounded").x))


def probabilities(model: BaseEstimator, t: float, x: np.ndarray, n_labels: int) -> np.ndarray:
    """(row, label); a class that the training part lacked gets 0."""
    p = np.zeros((len(x), n_labels))
    p[:, model.classes_] = (
        model.predict_proba(x) if hasattr(model, "predict_proba") else softmax(_scores(model, x) / t, 1)
    )
    return p


def _with(p: Params, seed: int, options: dict[str, Any]) -> BaseEstimator:
    estimator = KINDS[p.estimator](seed)
    return estimator.set_params(**options)


def _scores(model: BaseEstimator, x: np.ndarray) -> np.ndarray:
    """Decision values (row, label); of two classes scikit-learn gives one column, for the second."""
    scores = model.decision_function(x)
    return np.stack([-scores, scores], 1) / 2 if scores.ndim == 1 else scores
