"""Which clips to compare in full: those whose summaries are near, found by a k-d tree and not pair by pair."""

from collections.abc import Iterator

import numpy as np

ROWS = 4096  # asked for at a time


def neighbours(
    summaries: np.ndarray, radius_db: float, n_most: int, threads: int | None = 1
) -> Iterator[tuple[int, list[int]]]:
    """For each clip the later ones that are among its `n_most` neighbours, or that it is a neighbour of.

    summaries: float32 (n_clips, dim) in dB; neighbours are less than radius_db (root mean square) apart. A clip comes soon
    after those that are near it, so that what is kept of the last few clips is of use again. The neighbours are exact.
    threads: None for one per core.
    """
    from scipy.spatial import cKDTree  # a third of a second, which no worker need wait for

    n, dim = summaries.shape
    tree = cKDTree(_by_variance(summaries), balanced_tree=False)
    reach, found_pairs = radius_db * dim**0.5, []
    for start in range(0, n, ROWS):
        rows = tree.indices[start : start + ROWS]
        found = tree.query(tree.data[rows], min(n_most + 1, n), distance_upper_bound=reach, workers=threads or -1)[1]
        # A clip is the nearest to itself, unless so many equal it that it is not among those found. n stands for none.
        others = (found < n) & (found != rows[:, None])
        others &= others.cumsum(axis=1) <= n_most
        one, other = np.broadcast_to(rows[:, None], found.shape)[others], found[others]
        found_pairs.append(np.minimum(one, other) * n + np.maximum(one, other))
    pairs = np.unique(np.concatenate(found_pairs))
    first = np.searchsorted(pairs, np.arange(n + 1) * n)
    return (
        (i, (pairs[first[i] : first[i + 1]] % n).tolist()) for i in tree.indices.tolist() if first[i] < first[i + 1]
    )


def _by_variance(rows: np.ndarray) -> np.ndarray:
    """Rows turned such that their first columns vary most, which leaves distances and tells more of a tree's branches apart."""
    centred = rows - rows.mean(axis=0, dtype=np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    return np.ascontiguousarray(centred @ axes[:, ::-1])
