import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, norm, t
from statsmodels.stats.contingency_tables import mcnemar

from dalsegno.scoring import intervals, paired
from dalsegno.scoring.held_out import Run, Scored
from dalsegno.scoring.intervals import Params

P = Params(resamples=400)


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
def test_p_value_equals_scipy_and_statsmodels_where_clips_stand_alone(seed):
    one, other = coins(seed, 90, 0.75), coins(seed + 50, 90, 0.6)
    gain = of_hits(one, other)
    b, c = int((one & ~other).sum()), int((~one & other).sum())
    assert (gain["right_alone"], gain["wrong_alone"]) == (b, c)
    assert gain["p_value"] == pytest.approx(binomtest(b, b + c).pvalue, rel=1e-9)
    assert gain["p_value"] == pytest.approx(mcnemar([[0, b], [c, 0]], exact=True).pvalue, rel=1e-9)


def test_groups_are_swapped_whole():
    """Four artists of ten clips, all better: chance is a coin for each artist, not for each clip."""
    one, other = np.ones(40, bool), np.zeros(40, bool)
    assert of_hits(one, other, np.repeat(np.arange(4), 10))["p_value"] == 2 / 2**4
    assert of_hits(one, other)["p_value"] == pytest.approx(2 / 2**40)


def test_p_value_by_hand_for_groups_of_several_sizes():
    """3, 2 and -1 clips: of the 8 ways to swap, |sum| is at least 4 in 3+2-1, 3+2+1 and their negatives."""
    assert paired.mcnemar(np.array([3, 2, -1, 0])) == 4 / 8


def test_difference_and_interval_with_clips_that_stand_alone_are_bonett_and_prices():
    one, other = coins(1, 200, 0.7), coins(2, 200, 0.6)
    gain = of_hits(one, other)
    b, c, n = (one & ~other).sum() + 1, (~one & other).sum() + 1, 202
    half = t.ppf(0.975, 199) * np.sqrt((b + c) / n - ((b - c) / n) ** 2) / np.sqrt(n)
    assert gain["accuracy"] == pytest.approx(one.mean() - other.mean())
    assert (gain["low"], gain["high"]) == pytest.approx(((b - c) / n - half, (b - c) / n + half), abs=0.006)


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
    q = t.ppf(0.975, 149)
    widths = [np.subtract(*intervals.wilson(hits.mean(), 150.0, q)[::-1]) for hits in (one, other)]
    assert gain["high"] - gain["low"] < 0.75 * np.hypot(*widths)


def test_groups_make_the_interval_wider():
    one, other = np.repeat(coins(6, 20, 0.7), 10), np.repeat(coins(7, 20, 0.5), 10)
    alone, grouped = of_hits(one, other), of_hits(one, other, np.repeat(np.arange(20), 10))
    assert grouped["high"] - grouped["low"] > 2.5 * (alone["high"] - alone["low"])
    assert grouped["p_value"] > alone["p_value"]


def test_seeds_are_averaged_for_the_difference_and_share_one_call_for_the_p_value():
    labels = np.zeros(30, int)
    s, model = world(labels, np.arange(30))
    right, wrong = np.zeros(30, int), np.ones(30, int)
    sure, unsure = model([right], 0.9), model([wrong, wrong], 0.5)
    gain = paired.gain(s, sure + unsure, model([wrong] * 3), P)
    assert gain["accuracy"] == pytest.approx(1 / 3)  # one seed of three is right, and the mean probability with it
    assert (gain["right_alone"], gain["wrong_alone"]) == (30, 0)


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
