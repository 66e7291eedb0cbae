"""The sign-flip test against McNemar's exact test, by hand, and where there are too many ways to flip."""

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar

from dalsegno.scoring.statistics import holm, sign_flips


def p_value(sums, seed=0):
    return sign_flips.p_value(np.array(sums), seed)


@pytest.mark.parametrize(("one", "other"), [(12, 4), (5, 5), (20, 1), (0, 3)])
def test_equals_mcnemars_exact_test_where_clips_stand_alone(one, other):
    p = p_value([1] * one + [-1] * other + [0] * 30)
    assert p == pytest.approx(binomtest(one, one + other).pvalue, rel=1e-9)
    assert p == pytest.approx(mcnemar([[0, one], [other, 0]], exact=True).pvalue, rel=1e-9)


def test_by_hand_for_units_of_several_sizes():
    """3, 2 and -1 clips: of the 8 ways to choose signs, |sum| is at least 4 in 3+2-1, 3+2+1 and their negatives."""
    assert p_value([3, 2, -1, 0]) == pytest.approx(4 / 8)
    assert p_value([12, 8, -4]) == pytest.approx(4 / 8)  # the size of a unit of difference does not matter


def test_units_flip_whole():
    assert p_value([10, 10, 10, 10]) == 2 / 2**4


def test_models_that_never_differ():
    assert p_value([0, 0]) == 1


def test_too_many_ways_are_drawn_and_come_to_the_same(monkeypatch):
    sums = np.random.default_rng(0).integers(-6, 9, 40)
    exact = p_value(sums)
    monkeypatch.setattr(sign_flips, "EXACT", 0)
    assert p_value(sums) == pytest.approx(exact, abs=4 * np.sqrt(exact / sign_flips.DRAWS))
    assert p_value(sums) == p_value(sums) != p_value(sums, seed=1)
    assert p_value([100] * 60) == 1 / (1 + sign_flips.DRAWS)


@pytest.mark.parametrize("n_tests", [1, 3, 10, 45])
def test_fewer_units_than_least_show_nothing_even_if_all_lean_one_way(n_tests):
    least = sign_flips.least_units(n_tests, 0.95)
    assert n_tests * p_value([1] * least) < 0.05 <= n_tests * p_value([1] * (least - 1))


@pytest.mark.parametrize(("n_groups", "size"), [(60, 1), (25, 8)])
def test_of_equal_models_a_family_of_tests_finds_a_difference_in_one_world_of_twenty_at_most(n_groups, size):
    """Five models whose errors go with the clip, with the group, and with the two of them: ten pairs after Holm."""
    rng, worlds, single, family = np.random.default_rng(4), 600, 0.0, 0
    for _ in range(worlds):
        shared = rng.normal(size=(n_groups, 1)) + rng.normal(size=(n_groups, size))
        own = rng.normal(size=(5, n_groups, 1)) + rng.normal(size=(5, n_groups, size))
        right = (shared + own < 1.5).sum(2)  # of each group, by model
        p = np.array([p_value(right[i] - right[j]) for i in range(5) for j in range(i)])
        single += (p < 0.05).mean()
        family += bool(holm.told_apart(holm.adjusted(p), 0.95).any())
    assert 0.02 < single / worlds < 0.055 and family / worlds < 0.05


@pytest.mark.parametrize(("n_groups", "least", "most"), [(10, 0.08, 0.14), (20, 0.04, 0.08), (40, 0.04, 0.07)])
def test_equal_models_that_err_in_different_manners_are_told_apart_as_often_as_the_docstring_says(
    n_groups, least, most
):
    """One is right about four clips of five, the other about all clips of four groups of five."""
    rng = np.random.default_rng(0)
    evenly, wholly = rng.binomial(10, 0.8, (1500, n_groups)), 10 * rng.binomial(1, 0.8, (1500, n_groups))
    assert least < np.mean([p_value(sums) < 0.05 for sums in evenly - wholly]) < most
