"""A stored estimator says of new rows what scikit-learn says, for every kind and number of classes."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from dalsegno.artefacts import model_npz
from dalsegno.families import classical, estimators

GRIDS = [
    ("majority", {}),
    ("logistic", {"C": 0.1}),
    ("svm", {"C": 3.0}),
    ("svm", {"kernel": "linear"}),
    ("svm", {"kernel": "poly", "degree": 2, "coef0": 1.0}),
    ("svm", {"kernel": "sigmoid", "gamma": 0.05}),
    ("knn", {"n_neighbors": 3, "weights": "distance"}),
    ("forest", {"n_estimators": 12, "max_depth": 5}),
]


def rows(n_labels, absent=None, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(20 * n_labels) % n_labels
    x = (rng.normal(size=(len(y), 6)) + y[:, None] * [1, 0, -1, 0, 0.5, 0]).astype(np.float32)
    return classical.Part(x[y != absent], y[y != absent], np.arange(len(y))[y != absent])


@pytest.mark.parametrize(("n_labels", "absent"), [(2, None), (4, None), (4, 2)])
@pytest.mark.parametrize(("name", "options"), GRIDS, ids=lambda v: str(v))
def test_arrays_give_the_probabilities_of_the_estimator(name, options, n_labels, absent, tmp_path):
    if name == "svm" and absent is not None:
        pytest.skip("no split leaves a class without a training clip where an SVM is calibrated")
    p = classical.Params(estimator=name, grid=(options,))
    fitted, _ = classical.choose(p, 0, rows(n_labels, absent), rows(n_labels, absent, seed=1), n_labels)
    model_npz.save(tmp_path / "model.npz", estimators.numbers(fitted))
    stored = model_npz.load(tmp_path / "model.npz")
    x = rows(n_labels, seed=2).x
    there, here = fitted.probabilities(x), estimators.probabilities(stored, x, n_labels)
    assert np.allclose(there, here, atol=1e-6) and np.allclose(here.sum(1), 1)
    assert absent is None or (here[:, absent] == 0).all()


def test_a_row_on_the_border_of_two_classes_is_voted_for_as_scikit_learn_does():
    """The decision of the first two classes is exactly 0 there, which is a vote for the first."""
    x, y = np.array([[-1, 0], [1, 0], [0, 5]], np.float32), np.arange(3)
    fitted = classical.Calibrated(make_pipeline(StandardScaler(), SVC(kernel="linear")).fit(x, y), 1.0, 3)
    between = np.array([[0, 0], [0, -1], [0, 2]], np.float32)
    one_to_one = SVC(kernel="linear", decision_function_shape="ovo").fit(fitted.model[0].transform(x), y)
    assert (one_to_one.decision_function(fitted.model[0].transform(between))[:, 0] == 0).all()
    here = estimators.probabilities(estimators.numbers(fitted), between, 3)
    assert here == pytest.approx(fitted.probabilities(between), abs=1e-6) and (here[:2, 0] > here[:2, 1]).all()
