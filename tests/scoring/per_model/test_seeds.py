"""Over seeds: spread, and an interval that holds both clips and seeds."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dalsegno.scoring import compare, held_out
from dalsegno.scoring.held_out import Run, Scored
from dalsegno.scoring.per_model import seeds


def scored(n, repeats=1):
    rows = pd.DataFrame({"clip_id": [f"c{i:04d}" for i in range(n)], "label": 0, "unit": range(n)})
    rows = pd.concat([rows.assign(fold=k, repeat=k) for k in range(repeats)], ignore_index=True)
    return Scored("test", ["x", "y"], rows, False)


def run(right):
    return Run(np.arange(len(right)), np.stack([right, 1 - right], 1).astype(float))


def spread(s, runs):
    return seeds.spread(s, runs, compare.accuracy("accuracy", s, runs, 0.95), 0.95)


def test_by_its_formula():
    s = scored(100)
    runs = [run(np.arange(100) < n) for n in (70, 80, 75)]
    found, of_clips = spread(s, runs), compare.accuracy("accuracy", s, runs, 0.95)
    assert found["accuracy_sd"] == pytest.approx(0.05)
    reach = stats.t.ppf(0.975, 2) * 0.05 / np.sqrt(3)
    assert found["accuracy_seeds_low"] == pytest.approx(0.75 - np.hypot(0.75 - of_clips["accuracy_low"], reach))
    assert found["accuracy_seeds_high"] == pytest.approx(0.75 + np.hypot(of_clips["accuracy_high"] - 0.75, reach))


def test_repeats_of_one_seed_are_no_seeds():
    s = scored(50, repeats=2)
    assert spread(s, [run(np.arange(50) < n) for n in (30, 40)]) == {}
    both = spread(s, [run(np.arange(50) < n) for n in (30, 40, 30, 40)])
    assert both["accuracy_sd"] == pytest.approx(0)


def test_one_unit_gives_a_spread_without_an_interval():
    s = scored(10)
    s = Scored("test", s.classes, s.rows.assign(unit=0), True)
    found = spread(s, [run(np.arange(10) < n) for n in (5, 7)])
    assert found["accuracy_sd"] > 0 and found["accuracy_seeds_low"] is None


def test_it_holds_the_truth_where_seeds_differ_and_the_interval_over_clips_does_not():
    """Seeds that move the accuracy by 8 points and 300 clips: 300 worlds of three seeds."""
    rng, s, inside = np.random.default_rng(3), scored(300), np.zeros(2)
    for _ in range(300):
        runs = [run(rng.random(300) < rng.normal(0.6, 0.08)) for _ in range(3)]
        of_clips = compare.accuracy("accuracy", s, runs, 0.95)
        both = spread(s, runs)
        inside += [
            of_clips["accuracy_low"] <= 0.6 <= of_clips["accuracy_high"],
            both["accuracy_seeds_low"] <= 0.6 <= both["accuracy_seeds_high"],
        ]
    assert inside[0] / 300 < 0.75 and inside[1] / 300 > 0.92
    assert held_out.hits(s.labels, runs)[1].sum() == 900
