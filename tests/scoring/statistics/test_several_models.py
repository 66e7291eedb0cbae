"""Holm, Cochran's Q, letters and the corrected resampled t, against numbers from their sources and by definition."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from dalsegno.scoring.statistics import cochran, holm, resampled_t
from dalsegno.scoring.statistics.letters import letters


def test_holm_is_holms_own_example():
    """Holm (1979), section 4, and the cut at 1."""
    assert holm.adjusted(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm.adjusted(np.array([0.6, 0.9])) == pytest.approx([1.0, 1.0])
    assert holm.adjusted(np.array([0.2])) == pytest.approx([0.2])


def test_q_is_cochrans_where_units_are_clips():
    """By his formula: (k - 1) (k sum of squared totals - N squared) / (k N - sum of squared rows)."""
    right = np.random.default_rng(0).random((4, 60)) < np.array([[0.5], [0.6], [0.6], [0.8]])
    k, total = len(right), right.sum()
    by_hand = (k - 1) * (k * (right.sum(1) ** 2).sum() - total**2) / (k * total - (right.sum(0) ** 2).sum())
    q, p = cochran.q(right.astype(float))
    assert q == pytest.approx(by_hand) and p == pytest.approx(stats.chi2.sf(by_hand, 3))
    assert cochran.q(np.ones((3, 10))) == (0.0, 1.0)


@pytest.mark.parametrize("n_models", range(2, 14))
@pytest.mark.parametrize("share", [1 / 3, 2 / 7, 0.1, 41.7])
def test_models_that_are_equal_do_not_differ_by_rounding(n_models, share):
    """Ten models of three seeds that are right alike: the mean of ten thirds is no third, and was p = 1e-110."""
    assert cochran.q(np.full((n_models, 60), share)) == (0.0, 1.0)


def test_q_keeps_its_level_where_clips_come_in_units():
    """Equally good models, whole units right or wrong: one in twenty is called different, not most."""
    rng = np.random.default_rng(1)
    p = [cochran.q(rng.binomial(1, 0.7, (3, 40)) * rng.integers(1, 20, 40).astype(float))[1] for _ in range(1000)]
    assert 0.03 < np.mean(np.array(p) < 0.05) < 0.07


@pytest.mark.parametrize("seed", range(20))
def test_two_models_share_a_letter_unless_they_were_told_apart(seed):
    rng = np.random.default_rng(seed)
    names = list("pqrstuv")
    apart = [pair for pair in combinations(names, 2) if rng.random() < 0.4]
    shown = letters(names, apart)
    assert "a" in shown["p"]
    for one, other in combinations(names, 2):
        assert ((one, other) not in apart) == bool(set(shown[one]) & set(shown[other]))


def test_letters_of_a_plain_ranking():
    assert letters(["best", "next", "last"], [("best", "last"), ("next", "last")]) == {
        "best": "a", "next": "a", "last": "b",
    }  # fmt: skip
    assert letters(["only"], []) == {"only": "a"}


def test_the_resampled_t_by_its_formula():
    d = np.array([0.02, 0.05, -0.01, 0.04, 0.03, 0.00, 0.06, 0.01, 0.02, 0.03])  # ten times one fold of five
    t = d.mean() / np.sqrt((1 / 10 + 0.2 / 0.8) * d.var(ddof=1))
    judged = resampled_t.test(d, tested=0.2, margin=0.01, n_tested=100)
    assert judged["p_resampled"] == pytest.approx(2 * stats.t.sf(t, 9))
    assert judged["p_better"] + judged["p_equivalent"] + judged["p_worse"] == pytest.approx(1)
    assert judged["p_better"] > judged["p_equivalent"] > judged["p_worse"]
    swapped = resampled_t.test(-d, tested=0.2, margin=0.01, n_tested=100)
    assert (swapped["p_better"], swapped["p_worse"]) == pytest.approx((judged["p_worse"], judged["p_better"]))


@pytest.mark.parametrize("n_clips", [40, 120, 240, 2000])
def test_models_that_never_differ_are_as_good_as_the_number_of_clips_allows(n_clips):
    """Beside the posterior of how often they differ, by Jeffreys' prior, if they did on none of the clips: the share of it
    below the margin. The normal law of the test is no binomial, so the two are near each other, not the same."""
    judged = resampled_t.test(np.zeros(15), tested=0.2, margin=0.01, n_tested=n_clips / 5)
    jeffreys = stats.beta.cdf(0.01, 0.5, n_clips + 0.5)
    assert judged["p_resampled"] == 1 and judged["p_better"] == judged["p_worse"] < 0.5
    assert jeffreys - 0.3 < judged["p_equivalent"] < min(1, jeffreys + 0.05)
    assert (judged["p_equivalent"] > 0.95) == (n_clips > 200)


def test_runs_that_all_differ_by_one_clip_are_no_certainty():
    """Four folds of six clips, in each of which one model alone is right about one: that is rounding as well."""
    judged = resampled_t.test(np.full(4, 1 / 6), tested=0.5, margin=0.01, n_tested=6)
    assert 0.05 < judged["p_resampled"] < 0.1 and 0.95 < judged["p_better"] < 0.98
    assert resampled_t.test(np.full(4, 1 / 6), tested=0.5, margin=0.01, n_tested=600)["p_better"] > 0.9999


def test_a_model_that_errs_once_in_fifty_clips_is_not_called_as_good_as_one_that_never_does():
    """40 clips, three times five folds: in two fifths of all worlds the two agree on every clip."""
    rng, folds = np.random.default_rng(0), np.repeat(np.arange(5), 8)
    found = []
    for _ in range(500):
        lost = rng.random(40) < 0.02
        d = np.concatenate([np.bincount(rng.permutation(folds), lost) / 8 for _ in range(3)])
        found.append(resampled_t.test(d, tested=0.2, margin=0.01, n_tested=8)["p_equivalent"])
    assert np.mean(np.array(found) > 0.9) == 0


def test_the_resampled_t_keeps_its_level_on_correlated_runs():
    """Runs that share a draw of the training clips: an uncorrected t-test calls most of them different."""
    rng = np.random.default_rng(2)
    runs = [rng.normal(0, 0.5, 1) + rng.normal(0, 1, 15) for _ in range(2000)]  # variances in the ratio .25 to 1
    false = np.mean([resampled_t.test(d, tested=0.2, margin=0.0, n_tested=100)["p_resampled"] < 0.05 for d in runs])
    assert 0.03 < false < 0.07
    assert np.mean([stats.ttest_1samp(d, 0).pvalue < 0.05 for d in runs]) > 0.2
