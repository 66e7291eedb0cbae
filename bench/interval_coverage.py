"""How often do the intervals hold the truth?

    python bench/interval_coverage.py GROUPS CLIPS ACCURACY CORRELATION     one world; its last line is the per cent held
    python bench/interval_coverage.py                                       the table below

A world has GROUPS groups of CLIPS clips each. A model's accuracy in a group is drawn from a beta distribution with mean
ACCURACY, such that two clips of a group are correlated by CORRELATION (intraclass; 0: clips are independent). Each trial
draws the groups and their clips anew and asks whether the 95% interval of the accuracy holds ACCURACY. For the paired
interval a second model makes half of its calls as the first does and the others on its own, in groups of its own, ten
points less often right: the difference to be held is five points.

The table is of 2000 trials each, so that a number is good to half a point. It has a column for each ACCURACY: per cent held
by the interval of the accuracy and, in brackets, by that of the difference.

    groups clips correlation          0.50           0.80           0.95           0.98
        10     1         0.0    97.6 ( 98.8)   96.7 ( 99.5)   99.0 (100.0)   98.7 ( 99.9)
        10     5         0.0    98.0 ( 97.8)   97.2 ( 97.2)   96.6 ( 98.4)   97.5 ( 99.3)
        10     5         0.2    94.7 ( 95.2)   97.4 ( 95.9)   95.7 ( 98.4)   97.0 ( 99.2)
        10     5         0.5    96.5 ( 94.4)   97.0 ( 94.1)   96.0 ( 98.5)   96.7 ( 99.4)
        10    20         0.0    97.7 ( 96.8)   98.0 ( 98.1)   98.3 ( 97.9)   98.0 ( 97.5)
        10    20         0.2    96.1 ( 94.6)   96.7 ( 95.4)   96.2 ( 96.8)   97.0 ( 98.6)
        10    20         0.5    96.0 ( 94.8)   97.5 ( 96.5)   95.5 ( 99.2)   96.4 ( 99.6)
        10    75         0.0    97.5 ( 97.4)   97.9 ( 97.7)   97.6 ( 97.0)   98.2 ( 97.7)
        10    75         0.2    97.7 ( 95.3)   97.5 ( 96.5)   97.2 ( 98.3)   96.5 ( 98.6)
        10    75         0.5    96.7 ( 96.2)   96.8 ( 97.9)   96.3 ( 99.9)   97.1 (100.0)
        20     1         0.0    96.6 ( 95.5)   95.3 ( 97.0)   98.6 ( 99.9)   93.2 ( 99.9)
        20     5         0.0    96.9 ( 96.0)   96.9 ( 96.4)   96.9 ( 96.3)   96.5 ( 97.7)
        20     5         0.2    94.5 ( 94.9)   94.7 ( 94.5)   96.4 ( 95.5)   96.7 ( 96.5)
        20     5         0.5    95.8 ( 95.1)   95.5 ( 94.8)   95.8 ( 96.2)   96.2 ( 97.0)
        20    20         0.0    96.7 ( 96.8)   97.0 ( 96.8)   97.9 ( 96.5)   97.0 ( 97.5)
        20    20         0.2    95.8 ( 94.5)   96.8 ( 95.5)   97.2 ( 96.2)   96.9 ( 96.8)
        20    20         0.5    95.7 ( 95.5)   96.7 ( 96.2)   96.3 ( 97.5)   96.1 ( 98.6)
        20    75         0.0    96.7 ( 97.2)   96.2 ( 96.9)   96.7 ( 96.7)   96.7 ( 96.8)
        20    75         0.2    96.2 ( 94.5)   96.1 ( 96.0)   96.5 ( 96.7)   96.2 ( 98.0)
        20    75         0.5    96.2 ( 94.6)   96.5 ( 96.7)   95.9 ( 98.7)   95.9 ( 99.2)
        53     1         0.0    94.2 ( 95.0)   95.9 ( 95.0)   95.4 ( 95.7)   97.7 ( 96.0)
        53     5         0.0    95.0 ( 95.7)   95.9 ( 96.9)   96.6 ( 96.7)   98.6 ( 96.8)
        53     5         0.2    95.0 ( 94.3)   94.2 ( 93.2)   94.9 ( 95.2)   95.5 ( 96.5)
        53     5         0.5    95.5 ( 95.1)   95.7 ( 95.0)   96.5 ( 94.9)   96.5 ( 96.2)
        53    20         0.0    96.1 ( 96.2)   95.8 ( 95.9)   95.9 ( 96.5)   97.0 ( 96.5)
        53    20         0.2    95.2 ( 93.8)   95.0 ( 94.9)   96.4 ( 95.9)   95.6 ( 96.2)
        53    20         0.5    96.0 ( 94.9)   95.1 ( 95.5)   96.6 ( 95.4)   96.0 ( 97.3)
        53    75         0.0    95.7 ( 95.9)   94.9 ( 96.2)   95.5 ( 96.1)   95.2 ( 95.4)
        53    75         0.2    95.7 ( 94.6)   95.5 ( 94.8)   96.0 ( 95.5)   96.8 ( 96.4)
        53    75         0.5    96.0 ( 94.3)   96.0 ( 95.9)   96.2 ( 96.9)   96.1 ( 97.4)
       100     1         0.0    94.2 ( 95.2)   94.0 ( 95.8)   97.1 ( 94.7)   94.7 ( 95.8)
       100     5         0.0    95.9 ( 95.9)   96.1 ( 95.9)   95.5 ( 95.9)   97.4 ( 95.5)
       100     5         0.2    94.7 ( 95.0)   93.5 ( 94.9)   94.8 ( 94.7)   96.5 ( 95.5)
       100     5         0.5    95.4 ( 95.7)   95.4 ( 95.0)   96.2 ( 95.8)   97.0 ( 96.0)
       100    20         0.0    95.5 ( 95.8)   96.0 ( 94.5)   96.5 ( 95.2)   95.8 ( 96.2)
       100    20         0.2    95.7 ( 94.5)   94.5 ( 94.1)   95.0 ( 96.0)   96.2 ( 96.0)
       100    20         0.5    95.8 ( 95.0)   95.8 ( 95.3)   96.1 ( 96.4)   97.2 ( 96.7)
       100    75         0.0    94.0 ( 95.7)   94.7 ( 95.3)   94.8 ( 95.3)   94.7 ( 95.0)
       100    75         0.2    94.5 ( 94.4)   95.0 ( 94.8)   96.0 ( 95.2)   95.7 ( 95.9)
       100    75         0.5    96.8 ( 94.2)   95.2 ( 96.2)   96.2 ( 95.9)   96.7 ( 97.1)

Over 98 are worlds of so few errors that nothing lies between: of 10 clips, 9 or more are right in 91.4% of all trials at
95%, and 8 or more in 98.8. Of the differences, worlds where the models seldom differ.

Groups of uneven sizes (geometric or log-normal) change little. Where one group has half of all clips, the interval of the
accuracy may hold 91% at a correlation of a half.

The groups' accuracies are not always beta distributed. Where they are logit-normal, the interval of the accuracy holds
between 90 and 98%. Where every third group is wholly right or wholly wrong whatever the accuracy of the others, it may
hold 87%: a few groups that are unlike all others need not be among those tested.
"""

import sys
from typing import NamedTuple

import numpy as np

from dalsegno.scoring.statistics import correlation, score_test
from dalsegno.scoring.statistics.difference import Differences
from dalsegno.scoring.statistics.share import Shares

CONFIDENCE = 0.95
TRIALS = 5000
TRIALS_OF_TABLE = 2000
BLOCK = 500  # trials at a time
GAIN = 0.05  # accuracy of the first model less that of the second


class World(NamedTuple):
    """What is simulated; see above."""

    groups: int
    clips: int
    accuracy: float
    correlation: float


class Held(NamedTuple):
    """Per cent of trials in which the interval of the accuracy, and that of the difference, hold the truth."""

    accuracy: float
    difference: float


ACCURACIES = (0.5, 0.8, 0.95, 0.98)
ROWS = [
    (groups, clips, correlation)
    for groups in (10, 20, 53, 100)
    for clips, correlations in ((1, (0.0,)), (5, (0.0, 0.2, 0.5)), (20, (0.0, 0.2, 0.5)), (75, (0.0, 0.2, 0.5)))
    for correlation in correlations
]


def held(w: World, n_trials: int) -> Held:
    """Simulate a world: an interval holds the truth if the truth is among what it calls plausible."""
    rng = np.random.default_rng(0)
    accuracy, difference = [], []
    for _ in range(n_trials // BLOCK):
        shares, differences = _trials(rng, w, BLOCK)
        accuracy.append(shares.plausible(np.full(BLOCK, w.accuracy), CONFIDENCE))
        difference.append(differences.plausible(np.full(BLOCK, GAIN), CONFIDENCE))
    return Held(100 * float(np.mean(accuracy)), 100 * float(np.mean(difference)))


def width(w: World) -> float:
    """Mean width in points of the interval of the accuracy, in 50 trials."""
    shares, _ = _trials(np.random.default_rng(0), w, 50)
    low, high = score_test.ends(lambda tried: shares.plausible(tried, CONFIDENCE), shares.estimate, 0, 1)
    return 100 * float(np.mean(high - low))


def _trials(rng: np.random.Generator, w: World, n: int) -> tuple[Shares, Differences]:
    """`n` trials: hits of the first model, and how often one of the two models alone is right."""
    first, second = (_of_groups(rng, w, accuracy, (n, w.groups)) for accuracy in (w.accuracy, w.accuracy - 2 * GAIN))
    own = rng.binomial(w.clips, 0.5, first.shape)  # clips that the second model calls on its own
    right = rng.binomial(own, first)
    one, other = rng.binomial(right, 1 - second), rng.binomial(own - right, second)
    hits = right + rng.binomial(w.clips - own, first)
    clips = np.full(first.shape, float(w.clips))
    sizes = correlation.Sizes(np.full(n, float(w.groups * w.clips)), np.full(n, float(w.clips)))
    return Shares(hits.astype(float), clips, sizes), Differences(one.astype(float), other.astype(float), clips, sizes)


def _of_groups(rng: np.random.Generator, w: World, accuracy: float, shape: tuple[int, int]) -> np.ndarray:
    """A model's accuracy in each group, drawn for each trial: (n_trials, n_groups)."""
    if w.correlation == 0:
        return np.full(shape, accuracy)
    scale = 1 / w.correlation - 1
    return rng.beta(accuracy * scale, (1 - accuracy) * scale, shape)


def row(groups: int, clips: int, correlation: float) -> str:
    """A line of the table: per cent held by accuracy and, in brackets, by the difference, at each of ACCURACIES."""
    results = [held(World(groups, clips, accuracy, correlation), TRIALS_OF_TABLE) for accuracy in ACCURACIES]
    return f"{groups:6} {clips:5} {correlation:11.1f} " + "".join(f" {a:6.1f} ({d:5.1f})" for a, d in results)


def table() -> None:
    """Print the table, line by line."""
    print("groups clips correlation " + "".join(f" {accuracy:12.2f}  " for accuracy in ACCURACIES))
    for setting in ROWS:
        print(row(*setting), flush=True)


def one(w: World) -> None:
    """Print what a single world comes to; the last line is the per cent held by accuracy's interval."""
    result = held(w, TRIALS)
    print(f"{TRIALS} trials; the interval of the accuracy is {width(w):.1f} points wide on average")
    print(f"per cent held by the paired interval of the difference: {result.difference:.1f}")
    print("per cent held by the interval of the accuracy:")
    print(f"{result.accuracy:.1f}")


if __name__ == "__main__":
    if len(sys.argv) == 5:
        groups, clips, *shares = sys.argv[1:]
        one(World(int(groups), int(clips), *map(float, shares)))
    elif len(sys.argv) == 1:
        table()
    else:
        sys.exit("usage: python bench/interval_coverage.py [GROUPS CLIPS ACCURACY CORRELATION]")
