"""Every metric by hand and against scikit-learn, on whole samples and on resampled units."""

import numpy as np
import pytest
from sklearn import metrics as sk

from dalsegno.scoring import counted
from dalsegno.scoring.metrics import METRICS

P = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.8, 0.1]])
LABELS = np.array([0, 1, 1, 1])  # called 0, 0, 1, 1; nothing is of the third class or called so


EXACT = {"calibration_error": 1e-6}  # summed in single precision


def scores(name, labels, p, times, units=None):
    """A metric of one run, for each row of how often each unit counts; units: every clip its own."""
    units = np.arange(len(labels)) if units is None else units
    sums = counted.sums([(labels, p, units)], times.shape[1])
    return counted.scores(sums, times.astype(np.float32))[list(METRICS).index(name), 0]


def score(name, labels=LABELS, p=P):
    return scores(name, labels, p, np.ones((1, len(labels))))[0]


def test_by_hand():
    assert score("accuracy") == 3 / 4
    assert score("balanced_accuracy") == (1 + 2 / 3) / 2
    assert score("macro_recall") == (1 + 2 / 3) / 2
    assert score("macro_precision") == (1 / 2 + 1) / 2
    assert score("macro_f1") == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert score("log_loss") == pytest.approx(-np.log([0.7, 0.3, 0.5, 0.8]).mean())


def random_case(seed, n=60, k=5):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(k), n).astype(np.float32)
    return np.r_[np.arange(k), rng.integers(k, size=n - k)], p


def calibration_error(y, p, w):
    """By hand, as Naeini et al. define it: bins of a tenth by the probability of the class that is called."""
    sure, right = p.max(1) / p.sum(1), p.argmax(1) == y
    error = 0.0
    for low in range(10):
        here = (sure >= low / 10) & ((sure < (low + 1) / 10) | (low == 9))
        if w[here].sum():
            gap = np.average(right[here], weights=w[here]) - np.average(sure[here], weights=w[here])
            error += w[here].sum() / w.sum() * abs(gap)
    return error


REFERENCE = {
    "accuracy": lambda y, p, w: sk.accuracy_score(y, p.argmax(1), sample_weight=w),
    "balanced_accuracy": lambda y, p, w: sk.balanced_accuracy_score(y, p.argmax(1), sample_weight=w),
    "macro_precision": lambda y, p, w: macro(sk.precision_score, y, p, w),
    "macro_recall": lambda y, p, w: macro(sk.recall_score, y, p, w),
    "macro_f1": lambda y, p, w: macro(sk.f1_score, y, p, w),
    "top_3_accuracy": lambda y, p, w: sk.top_k_accuracy_score(y, p, k=3, sample_weight=w, labels=range(p.shape[1])),
    "calibration_error": lambda y, p, w: calibration_error(y, p.astype(float), w),
    "log_loss": lambda y, p, w: sk.log_loss(y, p, sample_weight=w, labels=range(p.shape[1])),
}


def macro(metric, y, p, w):
    labels = np.unique(y[w > 0])
    return metric(y, p.argmax(1), labels=labels, average="macro", zero_division=0, sample_weight=w)


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@pytest.mark.parametrize("name", METRICS)
def test_equals_a_reference_on_whole_and_resampled_clips(name):
    y, p = random_case(3)
    counts = np.random.default_rng(0).multinomial(len(y), np.full(len(y), 1 / len(y)), size=20)
    counts[0] = 1
    counts[1, y == 2] = 0  # a resample that lacks a class
    ours = scores(name, y, p, counts)
    assert ours.shape == (20,)
    assert ours == pytest.approx([REFERENCE[name](y, p, w) for w in counts], rel=1e-6)


@pytest.mark.parametrize("name", METRICS)
def test_units_count_as_their_clips_would(name):
    y, p = random_case(4)
    units = np.random.default_rng(1).integers(7, size=len(y))
    times = np.random.default_rng(2).integers(0, 4, (9, 7))
    by_unit = scores(name, y, p, times, units)
    assert by_unit == pytest.approx(scores(name, y, p, times[:, units]), rel=EXACT.get(name, 1e-12))


@pytest.mark.parametrize("name", METRICS)
def test_runs_side_by_side_are_scored_as_alone(name):
    runs = [(*random_case(seed), np.arange(60)) for seed in range(3)]
    times = np.random.default_rng(2).integers(0, 4, (9, 60)).astype(np.float32)
    together = counted.scores(counted.sums(runs, 60), times)[list(METRICS).index(name)]
    assert together == pytest.approx(
        np.stack([scores(name, y, p, times) for y, p, _ in runs]), rel=EXACT.get(name, 1e-12)
    )


def test_a_sure_error_costs_a_finite_loss_and_no_more_than_sklearn_says():
    y, p = np.array([0, 1]), np.array([[0, 1], [0, 1]], np.float32)
    assert score("log_loss", y, p) == pytest.approx(-np.log(np.finfo(np.float32).eps) / 2)
    assert score("log_loss", y, p) == pytest.approx(sk.log_loss(y, p))


@pytest.mark.parametrize("name", METRICS)
def test_probabilities_that_sum_to_nearly_1_count_as_shares(name):
    """Those of a table may be off by a thousandth (`predictions_parquet.unsound`)."""
    assert score(name, p=0.999 * P) == pytest.approx(score(name), abs=1e-6)


def test_a_tie_goes_to_the_first_class():
    assert score("accuracy", np.array([0, 1]), np.full((2, 2), 0.5)) == 0.5


def test_the_right_class_among_the_first_three_of_equals():
    p = np.array([[0.2, 0.2, 0.2, 0.2, 0.2], [0.1, 0.2, 0.2, 0.4, 0.1], [0.1, 0.2, 0.2, 0.4, 0.1]])
    assert score("top_3_accuracy", np.array([2, 2, 0]), p) == 2 / 3
    assert score("top_3_accuracy", np.array([3, 3, 3]), p) == 2 / 3
    assert score("top_3_accuracy") == 1  # of three classes


def test_a_model_as_sure_as_it_is_right_has_no_calibration_error():
    y, p = np.zeros(10, int), np.tile([0.8, 0.2], (10, 1))
    p[8:] = [0.2, 0.8]  # eight of ten are right
    assert score("calibration_error", y, p) == pytest.approx(0, abs=1e-7)
    assert score("calibration_error", y, np.tile([0.8, 0.2], (10, 1))) == pytest.approx(0.2)
    assert score("calibration_error", y, np.eye(2)[np.ones(10, int)]) == 1  # sure, and always wrong
