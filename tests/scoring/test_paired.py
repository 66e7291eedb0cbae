"""The gain of one model over another on the same clips: its interval, its p-value, and how often both are right."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from dalsegno.scoring import paired
from dalsegno.scoring.held_out import Run, Scored
from dalsegno.scoring.intervals import Params

P = Params(confidence=0.95, resamples=400)


def world(labels, units, n_runs=1):
    """Scored clips, and what makes a model's runs of the calls (n_runs, n_clips)."""
    ids = [f"c{i:04d}" for i in range(len(labels))]
    rows = pd.DataFrame({"clip_id": ids, "fold": 0, "label": labels, "unit": units, "repeat": 0})
    s = Scored("test", ["a", "b", "c"], rows, False)
    return s, lambda calls, sure=0.8: [
        Run(np.arange(len(labels)), np.where(np.eye(3, dtype=bool)[row], sure, (1 - sure) / 2)) for row in calls
    ]


def of_hits(hits, other, units=None):
    """The gain of one model over another from whether they are right about each clip, (n_runs, n_clips) or (n_clips,)."""
    hits, other = np.atleast_2d(hits), np.atleast_2d(other)
    labels = np.arange(hits.shape[1]) % 3
    s, model = world(labels, np.arange(len(labels)) if units is None else units)
    call = lambda right: np.where(right, labels, (labels + 1) % 3)
    return paired.gain(s, model(call(hits)), model(call(other)), P)


def coins(seed, n, share, like=None, same=0.0):
    rng = np.random.default_rng(seed)
    drawn = rng.random(n) < share
    return drawn if like is None else np.where(rng.random(n) < same, like, drawn)


@pytest.mark.parametrize("seed", range(4))
def test_counts_and_p_value_are_mcnemars_where_clips_stand_alone(seed):
    one, other = coins(seed, 90, 0.75), coins(seed + 50, 90, 0.6)
    gain = of_hits(one, other)
    b, c = int((one & ~other).sum()), int((~one & other).sum())
    assert (gain["right_alone"], gain["wrong_alone"]) == pytest.approx((b, c))
    assert gain["p_value"] == pytest.approx(mcnemar([[0, b], [c, 0]], exact=True).pvalue, rel=1e-9)


def test_groups_are_swapped_whole():
    """Four artists of ten clips, all better: chance is a coin for each artist, not for each clip."""
    one, other = np.ones(40, bool), np.zeros(40, bool)
    assert of_hits(one, other, np.repeat(np.arange(4), 10))["p_value"] == 2 / 2**4
    assert of_hits(one, other)["p_value"] == pytest.approx(2 / 2**40)


@pytest.mark.parametrize("n_runs", [(1, 1), (3, 3), (3, 2)])
def test_gain_counts_and_p_value_are_of_one_statistic(n_runs):
    """Whatever the numbers of seeds: the counts differ by the gain, and p is that of signs of the same sums by unit."""
    units = np.repeat(np.arange(12), 5)
    one, other = (np.array([coins(10 * k + r, 60, 0.7 - 0.2 * k) for r in range(n)]) for k, n in enumerate(n_runs))
    gain = of_hits(one, other, units)
    d = one.mean(0) - other.mean(0)
    assert gain["accuracy"] == pytest.approx(d.mean())
    assert gain["right_alone"] == pytest.approx(np.maximum(d, 0).sum())
    assert gain["right_alone"] - gain["wrong_alone"] == pytest.approx(60 * gain["accuracy"])
    signs = np.array(list(itertools.product([-1, 1], repeat=12)))
    sums = np.bincount(units, d)
    assert gain["p_value"] == pytest.approx((np.abs(signs @ sums) >= abs(sums.sum()) - 1e-9).mean())


def test_a_gain_that_its_interval_keeps_from_zero_is_none_that_the_test_calls_chance():
    """Three seeds of which the mean is worse by 13 points while the vote is better: all three numbers say worse."""
    units, rng = np.arange(120), np.random.default_rng(5)
    other = np.array([rng.random(120) < 0.62 for _ in range(3)])
    one = np.array([hits & (rng.random(120) < 0.78) for hits in other])
    gain = of_hits(one, other, units)
    assert gain["high"] < 0 and gain["p_value"] < 0.05 and gain["right_alone"] < gain["wrong_alone"]


def test_models_that_never_differ_gain_nothing_and_have_a_width():
    one = coins(3, 60, 0.7)
    gain = of_hits(one, one)
    assert (gain["accuracy"], gain["p_value"], gain["right_alone"], gain["wrong_alone"]) == (0, 1, 0, 0)
    assert -0.08 < gain["low"] < -0.01
    assert gain["low"] == -gain["high"]
    always = of_hits(np.ones(60, bool), np.zeros(60, bool))
    assert (always["accuracy"], always["high"]) == (1, 1)
    assert 0.8 < always["low"] < 0.97


def test_pairing_is_sharper_than_two_intervals():
    one = coins(4, 150, 0.7)
    other = coins(5, 150, 0.6, like=one, same=0.8)
    gain = of_hits(one, other)
    widths = [np.subtract(*proportion_confint(hits.sum(), 150, method="wilson")[::-1]) for hits in (one, other)]
    assert gain["high"] - gain["low"] < 0.75 * np.hypot(*widths)


def test_groups_make_the_interval_wider():
    one, other = np.repeat(coins(6, 20, 0.7), 10), np.repeat(coins(7, 20, 0.5), 10)
    alone, grouped = of_hits(one, other), of_hits(one, other, np.repeat(np.arange(20), 10))
    assert grouped["high"] - grouped["low"] > 2.5 * (alone["high"] - alone["low"])
    assert grouped["p_value"] > alone["p_value"]


def test_one_unit_gives_no_interval_and_no_evidence():
    gain = of_hits(np.ones(9, bool), np.zeros(9, bool), np.zeros(9, int))
    assert (gain["low"], gain["high"], gain["p_value"]) == (None, None, 1)


@pytest.mark.parametrize(
    ("n_groups", "size", "shares", "same"),
    [(60, 1, (0.6, 0.5), 0.5), (60, 1, (0.95, 0.95), 0.8), (16, 5, (0.7, 0.6), 0.4)],
    ids=str,
)
def test_the_interval_holds_the_truth_and_the_p_value_is_not_too_small(n_groups, size, shares, same):
    """Simulated worlds: clips of a group share their luck, and the models some of it."""
    trials, inside, small = 200, 0, 0
    units = np.repeat(np.arange(n_groups), size)
    for k in range(trials):
        rng = np.random.default_rng(k)
        luck = norm.cdf(np.sqrt(0.3) * rng.normal(size=n_groups)[units] + np.sqrt(0.7) * rng.normal(size=len(units)))
        own = [np.where(rng.random(len(units)) < same, luck, rng.random(len(units))) for _ in shares]
        one, other = (o < share for o, share in zip(own, shares, strict=True))
        gain = of_hits(one, other, units)
        truth = shares[0] - shares[1]
        inside += gain["low"] <= truth <= gain["high"]
        small += gain["p_value"] <= 0.05 and truth == 0
    assert inside / trials >= 0.92
    assert small / trials <= 0.06
