"""The interval of a difference of paired shares: Tango's where clips stand alone, and the truth held where they do not."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from statsmodels.stats.proportion import proportion_confint

from bench import interval_coverage as coverage
from dalsegno.scoring.statistics import difference


def interval(gains, units=None, confidence=0.95):
    gains = np.asarray(gains, float)
    units = np.arange(len(gains)) if units is None else units
    return difference.intervals(difference.tally(gains, np.ones(len(gains)), units), confidence)[0]


def gains(one, other, n):
    """`n` clips, of which the one model alone is right about `one` and the other alone about `other`."""
    return np.r_[np.ones(one), -np.ones(other), np.zeros(n - one - other)]


def tangos_z(one, other, n, difference):
    """Tango's statistic, its likelihood maximised numerically over the share of clips that the other alone has right."""

    def unlikely(lost):
        shares = np.array([lost + difference, lost, 1 - 2 * lost - difference])
        return -np.array([one, other, n - one - other]) @ np.log(shares)

    bounds = max(0, -difference) + 1e-9, (1 - difference) / 2 - 1e-9
    lost = minimize_scalar(unlikely, bounds=bounds, method="bounded", options={"xatol": 1e-10}).x
    return ((one - other) / n - difference) / np.sqrt((2 * lost + difference - difference**2) / n)


@pytest.mark.parametrize(("one", "other", "n"), [(12, 2, 50), (24, 16, 100), (5, 1, 44)])
def test_equals_tangos_where_clips_stand_alone(one, other, n):
    low, high = interval(gains(one, other, n))
    assert tangos_z(one, other, n, low) == pytest.approx(1.96, abs=1e-3)
    assert tangos_z(one, other, n, high) == pytest.approx(-1.96, abs=1e-3)


def test_models_that_never_differ_gain_nothing_and_have_wilsons_width():
    low, high = interval(np.zeros(44))
    assert high == pytest.approx(proportion_confint(0, 44, method="wilson")[1], abs=1e-5)
    assert low == pytest.approx(-high)


def test_always_better_ends_at_one():
    low, high = interval(np.ones(60))
    assert high == 1
    assert low == pytest.approx(1 - 2 * proportion_confint(0, 60, method="wilson")[1], abs=0.05)


def test_swapping_the_models_turns_the_interval_round():
    g, units = gains(9, 4, 60), np.arange(60) // 3
    low, high = interval(g, units)
    assert interval(-g, units) == pytest.approx((-high, -low), abs=1e-6)


def test_differences_that_stand_together_are_worth_one_per_unit():
    units = np.repeat(np.arange(20), 10)
    together = np.repeat(gains(7, 3, 20), 10)
    assert np.subtract(*interval(together, units)[::-1]) > 2.5 * np.subtract(*interval(together)[::-1])


def test_units_in_which_models_differ_often_but_for_neither_are_hardly_less_evidence():
    """Hard units, of which half the clips differ either way, say as much as if the clips were spread over all units."""
    hard = np.tile(np.r_[np.tile([1.0, -1.0], 5), np.zeros(10)], 10)
    units = np.repeat(np.arange(20), 10)
    assert np.subtract(*interval(hard, units)[::-1]) < 1.15 * np.subtract(*interval(hard)[::-1])


def test_one_unit_gives_no_interval():
    assert interval(np.ones(9), np.zeros(9, int)) == (None, None)


@pytest.mark.parametrize(
    "world", [(30, 20, 0.8, 0.3), (60, 1, 0.7, 0.0), (53, 75, 0.97, 0.5), (16, 5, 0.7, 0.3)], ids=str
)
def test_the_interval_holds_the_truth_in_93_to_98_per_cent(world):
    """500 trials: give or take two standard errors."""
    assert 93 - 2 <= coverage.held(coverage.World(*world), 500).difference <= 98 + 1


def test_units_that_vary_more_than_the_two_laws_allow_are_not_believed_to_vary_less():
    """Models that differ most where the one leads most; by the laws alone 92.6 per cent were held."""
    assert coverage.held(coverage.World(100, 75, 0.5, 0.2), 3000).difference > 93.5


@pytest.mark.parametrize("n_seeds", [1, 3, 5])
def test_the_mean_over_seeds_is_held_at_least_as_often_as_a_single_answer(n_seeds):
    """Two equal models of 100 clips, some of them hard for both: too wide an interval with several seeds, and never too narrow."""
    rng, trials, inside = np.random.default_rng(6), 600, 0
    for _ in range(trials):
        hard = rng.normal(size=100) + rng.normal(0, 0.7, (2, 1, 100))
        right = (hard + rng.normal(size=(2, n_seeds, 100)) < 1).mean(1)
        gains = difference.tally(right[0] - right[1], np.ones(100), np.arange(100))
        inside += gains.plausible(np.zeros(1), 0.95)[0]
    assert inside / trials >= (0.925 if n_seeds == 1 else 0.95)
