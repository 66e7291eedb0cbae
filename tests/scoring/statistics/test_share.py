"""The interval of a share of clips: Wilson's where clips stand alone, and the truth held where they do not."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from bench import interval_coverage as coverage
from dalsegno.scoring.statistics import share


def interval(hits, units=None, weights=None, confidence=0.95):
    hits = np.asarray(hits, float)
    units = np.arange(len(hits)) if units is None else np.asarray(units)
    weights = np.ones(len(hits)) if weights is None else np.asarray(weights, float)
    return share.intervals([share.tally(hits, weights, units)], confidence)[0]


@pytest.mark.parametrize("confidence", [0.9, 0.95])
@pytest.mark.parametrize(("hits", "n"), [(58, 290), (145, 290), (232, 290), (30, 30), (0, 30)])
def test_equals_wilsons_where_clips_stand_alone(hits, n, confidence):
    expected = proportion_confint(hits, n, 1 - confidence, method="wilson")
    assert interval(np.arange(n) < hits, confidence=confidence) == pytest.approx(expected, abs=1e-6)


def test_few_clips_are_no_surer_than_blakers_test_allows():
    """26 clips at 98%: two or fewer errors are 98.5% of what happens, one or none 90.5%; so two must not exclude it."""
    low, high = interval(np.arange(26) < 24)
    wilson = proportion_confint(24, 26, 0.05, method="wilson")
    assert wilson[1] < 0.98 < high < 1
    assert low == pytest.approx(wilson[0], abs=1e-6)


def test_where_every_clip_is_right_the_number_of_units_makes_the_width():
    def low(n_units, clips):
        return interval(np.ones(n_units * clips), np.repeat(np.arange(n_units), clips))[0]

    assert 0.83 < low(20, 75) < low(20, 20) < proportion_confint(20, 20, method="wilson")[0] + 0.01
    assert low(100, 5) > 0.95
    assert interval(np.zeros(400), np.repeat(np.arange(20), 20)) == pytest.approx((0, 1 - low(20, 20)))


def test_clips_that_stand_or_fall_with_their_unit_are_worth_one_per_unit():
    hits, units = np.repeat(np.arange(20) % 5 > 0, 10), np.repeat(np.arange(20), 10)
    low, high = interval(hits, units)
    few = interval(np.arange(20) % 5 > 0)
    assert (low, high) == pytest.approx(few, abs=0.03)
    assert high - low > 2.5 * np.subtract(*interval(hits)[::-1])


def test_clips_spread_evenly_over_units_are_worth_nearly_all_of_them():
    hits, units = np.tile(np.arange(10) % 5 > 0, 30), np.repeat(np.arange(30), 10)
    assert np.subtract(*interval(hits, units)) == pytest.approx(np.subtract(*interval(hits)), rel=0.05)


def test_more_confidence_is_a_wider_interval():
    hits, units = np.arange(60) % 7 > 0, np.arange(60) // 4
    low, high = np.transpose([interval(hits, units, confidence=c) for c in (0.8, 0.9, 0.95, 0.99)])
    assert (np.diff(low) < 0).all() and (np.diff(high) > 0).all()


def test_a_clip_scored_several_times_is_no_further_clip():
    hits = np.arange(50) % 4 > 0
    assert interval(hits, weights=np.full(50, 3)) == pytest.approx(interval(hits))
    heavy = np.where(np.arange(50) < 10, 5, 1)
    assert np.subtract(*interval(hits, weights=heavy)[::-1]) > 1.2 * np.subtract(*interval(hits)[::-1])
    assert share.tally(hits * 1.0, heavy, np.arange(50)).estimate[0] == pytest.approx(
        (hits * heavy).sum() / heavy.sum()
    )


def test_all_between_the_ends_is_plausible_and_nothing_else():
    rng = np.random.default_rng(4)
    for _ in range(10):
        n_units, clips = rng.integers(10, 40), rng.integers(1, 20)
        units = np.repeat(np.arange(n_units), clips)
        shares = share.tally(
            (rng.random(len(units)) < rng.beta(8, 1, n_units)[units]) * 1.0, np.ones(len(units)), units
        )
        low, high = share.intervals([shares], 0.95)[0]
        for tried in np.linspace(0.005, 0.995, 50):
            assert shares.plausible(np.array([tried]), 0.95)[0] == (low <= tried <= high)


def test_one_unit_gives_no_interval():
    assert interval(np.arange(10) > 2, np.zeros(10, int)) == (None, None)


@pytest.mark.parametrize(
    "world",
    [
        (20, 20, 0.98, 0.2), (30, 30, 0.97, 0.5), (53, 75, 0.97, 0.5), (10, 75, 0.98, 0.5), (10, 75, 0.5, 0.0),
        (100, 1, 0.98, 0.0), (10, 1, 0.7, 0.0), (10, 5, 0.9, 0.5), (60, 10, 0.8, 0.3), (16, 5, 0.7, 0.3),
    ],
    ids=str,
)  # fmt: skip
def test_the_interval_holds_the_truth_in_93_to_98_per_cent(world):
    """1000 trials of what `bench/interval_coverage.py` simulates: within 93 and 98, give or take their two standard errors."""
    assert 93 - 1.5 <= coverage.held(coverage.World(*world), 1000).accuracy <= 98 + 1


def test_groups_of_uneven_sizes():
    rng = np.random.default_rng(8)
    inside = 0
    for _ in range(400):
        sizes = np.minimum(1 + rng.geometric(0.1, 25), 75)
        accuracy = rng.beta(0.9 * 3, 0.1 * 3, 25)  # correlation 1/4
        units = np.repeat(np.arange(25), sizes)
        hits = (rng.random(len(units)) < accuracy[units]) * 1.0
        inside += share.tally(hits, np.ones(len(units)), units).plausible(np.array([0.9]), 0.95)[0]
    assert 0.925 <= inside / 400 <= 0.99
