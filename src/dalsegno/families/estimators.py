"""Fitted estimators as plain arrays, and what these say of new rows: scikit-learn's arithmetic, whatever its version.

A stored classical model is numbers only, so that reading it runs no code and needs no estimator of the same version.
"""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.special import expit, softmax

Rows = Float[np.ndarray, "row feature"]
Answers = Float[np.ndarray, "row label"]
Numbers = dict[str, Any]  # arrays and plain data


def numbers(fitted: Any) -> Numbers:
    """A `classical.Calibrated` as arrays and plain data, from which `probabilities` gives what it gives itself."""
    scaler, estimator = (step for _, step in fitted.model.steps)
    kind = type(estimator).__name__
    scaled = {"mean": scaler.mean_, "scale": scaler.scale_, "classes": estimator.classes_}
    chosen = {"kind": kind, "temperature": fitted.temperature, "options": fitted.options}
    return scaled | chosen | {"state": KINDS[kind][0](estimator)}


def probabilities(of: Numbers, x: Rows, n_labels: int) -> Answers:
    """Of each class, for standardised or other rows x as they were trained on; a class that training lacked gets 0."""
    x = x.astype(np.float32)
    x -= of["mean"]
    x /= of["scale"]
    p = np.zeros((len(x), n_labels))
    p[:, of["classes"]] = KINDS[of["kind"]][1](of["state"], x, of["temperature"])
    return p


def _prior(state: Numbers, x: Rows, temperature: float) -> Answers:
    return np.tile(state["prior"], (len(x), 1))


def _logistic(state: Numbers, x: Rows, temperature: float) -> Answers:
    scores = x @ state["coef"].T + state["intercept"]
    return softmax(scores, 1) if scores.shape[1] > 1 else np.hstack([1 - expit(scores), expit(scores)])


def _svm(state: Numbers, x: Rows, temperature: float) -> Answers:
    """Softmax of one-against-the-rest decisions, which are votes of the pairs of classes (sklearn.svm.SVC)."""
    kernel = _kernel(x.astype(np.float64), state["vectors"], state["kernel"], **state["options"])
    coef, intercept, edges = state["coef"], state["intercept"], np.cumsum([0, *state["n_support"]])
    if len(intercept) == 1:
        score = kernel @ coef[0] + intercept[0]
        return softmax(np.stack([-score, score], 1) / 2 / temperature, 1)
    votes, confidence = np.zeros((2, len(x), len(state["n_support"])))
    for k, (i, j) in enumerate(combinations(range(votes.shape[1]), 2)):
        of_i, of_j = (slice(edges[c], edges[c + 1]) for c in (i, j))
        score = kernel[:, of_i] @ coef[j - 1, of_i] + kernel[:, of_j] @ coef[i, of_j] + intercept[k]
        confidence[:, i] += score
        confidence[:, j] -= score
        votes[:, i] += score >= 0
        votes[:, j] += score < 0
    return softmax((votes + confidence / (3 * (np.abs(confidence) + 1))) / temperature, 1)


def _kernel(
    x: Rows, v: Float[np.ndarray, "vector feature"], name: str, gamma: float, degree: int, coef0: float
) -> Float[np.ndarray, "row vector"]:
    product = x @ v.T
    if name == "rbf":
        return np.exp(-gamma * np.maximum((x**2).sum(1)[:, None] + (v**2).sum(1) - 2 * product, 0))
    if name == "poly":
        return (gamma * product + coef0) ** degree
    return np.tanh(gamma * product + coef0) if name == "sigmoid" else product


def _neighbours(state: Numbers, x: Rows, temperature: float) -> Answers:
    """Its training rows are all that such a model has."""
    from sklearn.neighbors import KNeighborsClassifier  # 90 MB, which other models need not hold

    return KNeighborsClassifier(**state["options"]).fit(state["rows"], state["labels"]).predict_proba(x)


def _forest(state: Numbers, x: Rows, temperature: float) -> Answers:
    return np.mean([_tree(tree, x) for tree in state["trees"]], axis=0)


def _tree(tree: Numbers, x: Rows) -> Answers:
    """The shares of the classes in the leaf that each row falls into."""
    at, rows = np.zeros(len(x), int), np.arange(len(x))
    while (inner := tree["left"][at] >= 0).any():
        lower = x[rows, np.maximum(tree["feature"][at], 0)] <= tree["threshold"][at]
        at = np.where(inner, np.where(lower, tree["left"][at], tree["right"][at]), at)
    value = tree["value"][at]
    return value / value.sum(1, keepdims=True)


def _tree_numbers(tree: Any) -> Numbers:
    edges = {"left": tree.children_left, "right": tree.children_right}
    return edges | {"feature": tree.feature, "threshold": tree.threshold, "value": tree.value[:, 0]}


def _svm_numbers(svm: Any) -> Numbers:
    options = {"gamma": float(svm._gamma), "degree": svm.degree, "coef0": svm.coef0}
    sums = {"coef": svm.dual_coef_, "intercept": svm.intercept_, "n_support": svm.n_support_}
    return sums | {"vectors": svm.support_vectors_, "kernel": svm.kernel, "options": options}


KINDS: dict[str, tuple[Callable[[Any], Numbers], Callable[[Numbers, Rows, float], Answers]]] = {
    "DummyClassifier": (lambda e: {"prior": e.class_prior_}, _prior),
    "LogisticRegression": (lambda e: {"coef": e.coef_, "intercept": e.intercept_}, _logistic),
    "SVC": (_svm_numbers, _svm),
    "KNeighborsClassifier": (
        lambda e: {"rows": e._fit_X, "labels": e._y, "options": e.get_params()}, _neighbours
    ),
    "RandomForestClassifier": (lambda e: {"trees": [_tree_numbers(t.tree_) for t in e.estimators_]}, _forest),
}  # fmt: skip
