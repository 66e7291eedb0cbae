"""Intervals of every metric: against statsmodels, for groups, for uneven classes, and how often they hold the truth."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from dalsegno.scoring import compare, intervals
from dalsegno.scoring.held_out import Run, Scored
from dalsegno.scoring.metrics import METRICS

# metrics that are worth the share of hits in `case`
ALIKE = [name for name, m in METRICS.items() if m.kind in ("share of clips", "mean over classes") and name[:3] != "top"]


def case(hits, k=4):
    """Labels and probabilities of clips of which `hits` (bool) are recognised; a miss goes to the next class."""
    labels = np.arange(len(hits)) % k
    p = np.full((len(hits), k), 0.1)
    p[np.arange(len(hits)), np.where(hits, labels, (labels + 1) % k)] = 0.7
    return labels, p


def interval(name, labels, p, units=None, n=1000):
    of_model = scores(labels, p, units, n)
    return of_model[f"{name}_low"], of_model[f"{name}_high"]


def scores(labels, p, units=None, n=1000):
    units = np.arange(len(labels)) if units is None else units
    rows = pd.DataFrame({"clip_id": [f"c{i:04d}" for i in range(len(labels))], "label": labels, "unit": units})
    s = Scored("test", [f"k{i}" for i in range(p.shape[1])], rows.assign(fold=0, repeat=0), False)
    model = {"m": [Run(np.arange(len(labels)), p)]}
    return compare.scores(s, model, intervals.Params(confidence=0.95, resamples=n))["m"]


def test_wilson_equals_statsmodels():
    for hits, n in [(0, 10), (3, 10), (29, 30), (30, 30), (232, 290)]:
        expected = proportion_confint(hits, n, 0.05, method="wilson")
        assert intervals.wilson(hits / n, float(n), 1.959964) == pytest.approx(expected, abs=1e-6)


def test_accuracy_of_single_clips_is_wilsons():
    hits = np.arange(290) >= 58  # the case of anchors: 290 clips at 80% give ±4.6 points
    low, high = interval("accuracy", *case(hits))
    assert (low, high) == pytest.approx(proportion_confint(232, 290, 0.05, method="wilson"), abs=1e-6)


@pytest.mark.parametrize("name", ALIKE)
def test_perfect_and_hopeless_models_have_a_width(name):
    low, high = interval(name, *case(np.ones(40, bool)))
    assert high == 1
    assert low == pytest.approx(proportion_confint(40, 40, method="wilson")[0], abs=1e-4)
    low, high = interval(name, *case(np.zeros(40, bool)))
    assert low == 0
    assert 0.05 < high < 0.2


@pytest.mark.parametrize("n_units", [2, 5, 200])
def test_the_expanded_percentiles_are_hesterbergs(n_units):
    """As he defines them (2015): at the normal tail of sqrt(n / (n - 1)) times Student's quantile."""
    low, high = intervals.expanded_percentile(np.linspace(0, 1, 100_001), n_units, 0.95)
    tail = stats.norm.cdf(-np.sqrt(n_units / (n_units - 1)) * stats.t.ppf(0.975, n_units - 1))
    assert (low, high) == pytest.approx((tail, 1 - tail), abs=1e-9)


@pytest.mark.parametrize("n", [12, 24])
def test_where_no_clip_is_called_right_the_right_class_may_still_be_among_three(n):
    """Accuracy ends at 0 and has no width below; it had given none to what is not 0."""
    labels = np.arange(24) % 6
    p = np.full((24, 6), 0.05)
    p[np.arange(24), (labels + 1) % 6] = 0.4
    p[np.arange(n), labels[:n]] = 0.3
    p[np.arange(n, 24), (labels[n:] + 2) % 6] = p[np.arange(n, 24), (labels[n:] + 3) % 6] = 0.3
    assert interval("accuracy", labels, p)[0] == 0
    expected = proportion_confint(n, 24, 0.05, method="wilson")
    assert interval("top_3_accuracy", labels, p) == pytest.approx(expected, abs=1e-3)


def test_a_mean_over_uneven_classes_is_worth_fewer_clips():
    uneven = np.r_[np.zeros(38, int), 1, 1]
    p = np.eye(4)[uneven]
    assert interval("balanced_accuracy", uneven, p)[0] < 0.75 < 0.9 < interval("accuracy", uneven, p)[0]


@pytest.mark.parametrize("name", ["balanced_accuracy", "macro_recall", "macro_precision", "macro_f1"])
def test_means_over_even_classes_with_even_errors_are_worth_as_much_as_accuracy(name):
    hits = np.random.default_rng(2).random(400) < 0.8
    labels, p = case(hits)
    width = np.subtract(*interval(name, labels, p))
    assert width == pytest.approx(np.subtract(*interval("accuracy", labels, p)), rel=0.1)


@pytest.mark.parametrize("name", ALIKE)
def test_clips_of_one_group_are_not_independent(name):
    hits = np.repeat(np.arange(20) % 5 > 0, 10)  # 20 groups of 10 clips, all right or all wrong
    labels, p = case(hits)
    clips = interval(name, labels, p)
    groups = interval(name, labels, p, units=np.repeat(np.arange(20), 10))
    assert groups[1] - groups[0] > 2.3 * (clips[1] - clips[0])


def test_one_unit_gives_no_interval():
    labels, p = case(np.arange(10) > 2)
    assert interval("accuracy", labels, p, units=np.zeros(10, int)) == (None, None)


def test_resamples_draw_as_many_units_and_depend_on_the_seed_alone(monkeypatch):
    drawn = lambda seed: list(intervals.resamples(3, 50, seed))
    first = np.concatenate(drawn(1))
    assert first.shape == (50, 3) and (first.sum(1) == 3).all()
    assert (first != np.concatenate(drawn(2))).any()
    monkeypatch.setattr(intervals, "BLOCK", 21)
    blocks = drawn(1)
    assert len(blocks) == 8
    assert np.array_equal(first, np.concatenate(blocks))


def test_expanded_percentile_is_wider_than_percentile_for_few_units_alone():
    draws = np.random.default_rng(0).normal(size=4000)
    plain = np.quantile(draws, [0.025, 0.975])
    few, many = intervals.expanded_percentile(draws, 8, 0.95), intervals.expanded_percentile(draws, 5000, 0.95)
    assert few[1] - few[0] > 1.2 * (plain[1] - plain[0])
    assert many == pytest.approx(plain, abs=0.01)


@pytest.mark.parametrize(
    ("n_groups", "size", "share", "icc"), [(60, 1, 0.9, 0), (16, 5, 0.7, 0.3), (20, 20, 0.98, 0.2)], ids=str
)
def test_means_over_classes_hold_the_truth_about_as_often_as_they_say(n_groups, size, share, icc):
    """Simulated worlds of known accuracy; 95% within what 100 trials and so few units allow."""
    rng = np.random.default_rng(11)
    units, k, trials, inside = np.repeat(np.arange(n_groups), size), 4, 100, np.zeros(2)
    labels = units % k
    for _ in range(trials):
        of_group = rng.beta(share * (1 / icc - 1), (1 - share) * (1 / icc - 1), n_groups) if icc else share
        hits = rng.random(len(units)) < (of_group[units] if icc else share)
        p = np.full((len(units), k), 0.1)
        p[np.arange(len(units)), np.where(hits, labels, (labels + rng.integers(1, k, len(units))) % k)] = 0.7
        ends = [interval(name, labels, p, units, n=200) for name in ("balanced_accuracy", "macro_f1")]
        inside += [low <= share <= high for low, high in ends]  # with even classes and errors, F1 comes to the same
    assert (inside / trials >= 0.88).all()


def test_the_right_class_among_three_is_a_share_like_accuracy():
    labels, p = np.arange(200) % 4, np.tile([0.4, 0.3, 0.2, 0.1], (200, 1))  # the fourth class is never among them
    assert interval("top_3_accuracy", labels, p) == pytest.approx(
        proportion_confint(150, 200, method="wilson"), abs=0.01
    )


def test_where_no_clip_is_right_the_share_among_three_has_two_ends():
    labels, p = 2 + np.arange(40) % 2, np.tile([0.4, 0.3, 0.2, 0.1], (40, 1))  # half of them are third
    assert interval("top_3_accuracy", labels, p) == pytest.approx(proportion_confint(20, 40, method="wilson"), abs=0.01)


@pytest.mark.parametrize(("n_groups", "size", "icc"), [(80, 1, 0), (30, 6, 0.2)], ids=str)
def test_the_calibration_error_of_an_overconfident_model_is_held_as_often_as_it_says(n_groups, size, icc):
    rng = np.random.default_rng(5)
    units, trials, inside = np.repeat(np.arange(n_groups), size), 100, 0
    for _ in range(trials):
        of_group = rng.beta(0.5 * (1 / icc - 1), 0.5 * (1 / icc - 1), n_groups)[units] if icc else 0.5
        labels, p = case(rng.random(len(units)) < of_group)  # says 0.7, and is right half the time
        low, high = interval("calibration_error", labels, p, units, n=200)
        inside += low <= 0.2 <= high
    assert inside / trials >= 0.88


@pytest.mark.parametrize(("n_groups", "size", "icc"), [(240, 1, 0), (60, 1, 0), (30, 6, 0.2)], ids=str)
def test_a_calibrated_model_is_held_to_be_one(n_groups, size, icc):
    """Right as often as it says, of which an error of several points is observed: the true one is 0."""
    rng = np.random.default_rng(6)
    units, trials, inside = np.repeat(np.arange(n_groups), size), 100, 0
    for _ in range(trials):
        sure = rng.choice([0.35, 0.55, 0.75, 0.95], n_groups)  # in bins of their own
        drawn = rng.beta(sure * (1 / icc - 1), (1 - sure) * (1 / icc - 1)) if icc else sure
        labels = np.arange(len(units)) % 4
        called = np.where(rng.random(len(units)) < drawn[units], labels, (labels + 1) % 4)
        p = np.repeat((1 - sure)[units, None] / 3, 4, axis=1)
        p[np.arange(len(units)), called] = sure[units]
        low, high = interval("calibration_error", labels, p, units, n=200)
        inside += low < 0.005
        assert high > 0.01
    assert inside / trials >= 0.9


@pytest.mark.parametrize("right", [True, False])
def test_the_calibration_error_of_a_model_that_is_always_right_or_wrong_is_not_known_to_the_digit(right):
    """40 clips of which all are right leave an accuracy of 91% open, so that a confidence of 70% may be 21 points too low."""
    labels, p = case(np.full(40, right))
    accuracy, found = interval("accuracy", labels, p), interval("calibration_error", labels, p)
    low, high = (0.7 - 0.0876, 0.7) if not right else (1 - 0.7 - 0.0876, 0.3)
    assert found == pytest.approx((low, high), abs=1e-3) and accuracy[right] == pytest.approx(float(right))
    sure = np.eye(4)[labels]
    assert interval("calibration_error", labels, sure) == pytest.approx((0, 0.0876), abs=1e-3)


def test_a_calibrated_model_may_have_no_calibration_error():
    labels, p = case(np.arange(100) % 10 < 7)
    low, high = interval("calibration_error", labels, p)
    assert low == pytest.approx(0, abs=1e-6)
    assert 0.05 < high < 0.15


@pytest.mark.parametrize(("n_classes", "told"), [(2, False), (3, False), (4, True)])
def test_the_right_class_is_among_three_of_three_whatever_the_model(n_classes, told):
    """Such a share is 1 without any doubt; it had stood among the results, with an interval of down to .9."""
    of_model = scores(*case(np.arange(40) > 9, n_classes))
    assert ("top_3_accuracy" in of_model, "top_3_accuracy_low" in of_model) == (told, told)
