"""The settings of scikit-learn's estimators that a `grid` may have, and their values: what scikit-learn itself takes, and no more."""

import re
import warnings
from collections.abc import Iterator
from typing import Annotated, Any

import sklearn
from pydantic import AfterValidator, Field
from sklearn.base import BaseEstimator

from dalsegno.pipeline.errors import hint
from dalsegno.pipeline.refusals import nested, shown

ESTIMATORS = {  # scikit-learn imports a module when it is first named, and each of these takes up to a tenth of a second
    "majority": lambda seed: sklearn.dummy.DummyClassifier(strategy="prior"),
    "logistic": lambda seed: sklearn.linear_model.LogisticRegression(max_iter=5000),
    "svm": lambda seed: sklearn.svm.SVC(decision_function_shape="ovr", random_state=seed),
    "knn": lambda seed: sklearn.neighbors.KNeighborsClassifier(),
    "forest": lambda seed: sklearn.ensemble.RandomForestClassifier(random_state=seed),
}
SCORES = "an SVM's decisions are turned into probabilities here anyway"
OURS = {
    "probability": SCORES,
    "decision_function_shape": SCORES,
    "break_ties": SCORES,
    "random_state": "`seeds` of the entry has the seed of each run",
    "strategy": "majority has the shares of the classes as its probabilities",
    "constant": "majority has the shares of the classes as its probabilities",
}
"""Settings that are not for a grid to choose, and why."""
EXPECTED = re.compile(r"must be (.*)\. Got ", re.DOTALL)
AS_TYPED = {
    "an instance of 'bool' or an instance of 'numpy.bool'": "true or false", "None": "null", "True": "true", "False": "false",
}  # fmt: skip


def _taken(grid: tuple[dict[str, Any], ...], info: Any) -> tuple[dict[str, Any], ...]:
    """`grid`, if the estimator of the entry, which pydantic tells as `info.data`, takes each of its values."""
    if name := info.data.get("estimator"):  # else it is itself wrong, and reported
        wrong = [
            (f"{i}.{setting}", what)
            for i, options in enumerate(grid)
            for setting, value in options.items()
            for what in _wrong(name, setting, value)
        ]
        if wrong:
            raise nested(wrong)
    return grid


Grid = Annotated[tuple[dict[str, Any], ...], Field(min_length=1), AfterValidator(_taken)]
"""Entries of settings, of the estimator that the earlier field `estimator` names."""


def _wrong(name: str, setting: str, value: Any) -> Iterator[str]:
    """What is wrong with a setting of the estimator `name` or with its value; nothing for most."""
    estimator = ESTIMATORS[name](0)
    known = [other for other in estimator.get_params() if other not in OURS]
    if setting not in estimator.get_params():
        yield f"scikit-learn's {name} has no such setting{hint(setting, known)}"
    elif setting in OURS:
        yield f"{OURS[setting]}; leave it out"
    else:
        expected = _expected(estimator, setting, object())
        no_boolean = isinstance(value, bool) and "bool" not in expected  # which Python counts as 0 and 1
        if no_boolean or _expected(estimator, setting, value):
            yield f"must be {_as_typed(expected)}, got {shown(value)}"


def _expected(estimator: BaseEstimator, setting: str, value: Any) -> str:
    """What scikit-learn says that the setting must be; empty if the value is that.

    It looks at settings before it looks at data, of which it gets none here.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            estimator.set_params(**{setting: value}).fit([], [])
    except ValueError as error:
        if said := EXPECTED.search(str(error)):
            return said[1]
    return ""


def _as_typed(expected: str) -> str:
    """Python's words for values as params.yaml has them."""
    for theirs, ours in AS_TYPED.items():
        expected = expected.replace(theirs, ours)
    return expected
