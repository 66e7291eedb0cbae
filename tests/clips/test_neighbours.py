"""The index of near copies finds what a comparison of every pair finds, and how many neighbours are looked at."""

from itertools import pairwise

import numpy as np
import pytest

from dalsegno.clips.copies.neighbours import neighbours

RNG = np.random.default_rng(3)
CLUSTERS = np.repeat(RNG.normal(0, 8, (60, 60)), 20, axis=0) + RNG.normal(0, 3, (1200, 60))
WITH_COPIES = np.concatenate([CLUSTERS, CLUSTERS[::30] + RNG.normal(0, 0.05, (40, 60))])


@pytest.mark.parametrize("rows", [CLUSTERS, WITH_COPIES, RNG.normal(0, 4, (700, 48)), RNG.normal(0, 2, (2, 60))])
@pytest.mark.parametrize(("radius_db", "n_most"), [(5.0, 16), (6.0, 3), (0.4, 16), (99.0, 2)])
def test_neighbours_are_those_of_comparing_every_pair(rows: np.ndarray, radius_db: float, n_most: int):
    rows = rows.astype(np.float32)
    distances = np.sqrt(np.square(rows[:, None].astype(np.float64) - rows).mean(axis=2))
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1)[:, :n_most]
    expected = {
        (min(i, int(j)), max(i, int(j))) for i, js in enumerate(nearest) for j in js if distances[i, j] < radius_db
    }
    found = list(neighbours(rows, radius_db, n_most))
    assert [(i, j) for i, others in sorted(found) for j in others] == sorted(expected)


def test_more_equal_clips_than_neighbours_asked_for():
    found = list(neighbours(np.zeros((50, 60), np.float32), 5.0, 16))
    pairs = [(i, j) for i, others in found for j in others]
    assert len(set(pairs)) == len(pairs) >= 50 * 16 / 2
    assert all(i < j for i, j in pairs)


def test_clips_that_are_near_each_other_follow_each_other():
    rows = np.repeat([[0.0], [50.0]], 300, axis=0) + RNG.normal(0, 0.1, (600, 60))
    shuffled = RNG.permutation(600)
    first_group = set(np.flatnonzero(shuffled < 300).tolist())
    order = [i for i, _ in neighbours(rows[shuffled].astype(np.float32), 5.0, 4)]
    changes = sum((a in first_group) != (b in first_group) for a, b in pairwise(order))
    assert changes == 1
