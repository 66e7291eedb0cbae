"""What a data set can show before anything is trained: how wide an interval will be, and how small a difference is seen.

The formulas are the standard ones for clustered samples (Kish 1965; McNemar's test with the sample size of Connor 1987).
Clips of one group are right or wrong together to some degree, the intraclass correlation, which is not known before a
model is there; CORRELATION stands for it.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.clips.whole import units
from dalsegno.pipeline.errors import counted, listed, quoted

ACCURACIES = (0.6, 0.8)
CORRELATION, STRONG = 0.2, 0.5  # intraclass; of music in groups by artist, between .1 and .5 is usual
DISAGREEMENT = 0.2  # share of clips that one of two models gets right and the other does not
HELD_OUT = 0.15  # share of clips, as in the default of splits.test_share
CONFIDENCE, POWER = 0.95, 0.8
USELESS = 0.25  # half the width of an interval that can show next to nothing
LARGEST = 0.5  # difference of two models that is worth waiting for


@dataclass(frozen=True)
class Evidence:
    """How much the usable labelled clips can show. Accuracies, shares and differences lie in [0, 1]."""

    n_clips: int
    n_groups: int  # clips that share a group or are copies count as one
    n_effective: float  # independent clips that they are worth
    n_groups_of: dict[str, int]  # by class, in alphabetical order

    def design_effect(self, correlation: float) -> float:
        """How many clips are worth one independent clip, in groups of these sizes, at an intraclass correlation."""
        return 1 + (self.n_clips / self.n_effective - 1) * correlation / CORRELATION

    def half_width(self, accuracy: float, share: float = 1.0) -> float:
        """Half the width of the interval of an accuracy that is measured on `share` of the clips; at most 1."""
        n = max(self.n_effective * share, 1e-9)
        return min(1.0, self._quantile(share) * math.sqrt(accuracy * (1 - accuracy) / n))

    def difference(self, share: float = 1.0) -> float:
        """The smallest difference of two models that is seen with POWER on `share` of the clips; at most 1."""
        return smallest_difference(self.n_effective * share, self._quantile(share))

    def lines(self) -> list[str]:
        """Whole sentences, for the terminal and the page."""
        lines = [
            f"{counted(self.n_clips, 'labelled clip')} in {counted(self.n_groups, 'group')} (by artist, song or instrument; copies are "
            "linked, and a clip without a group counts as one)."
        ]
        if self.n_groups < 2:
            return [*lines, "They are of one group, so no interval can be stated and nothing tested on another group."]
        if self.n_groups == self.n_clips:
            lines.append("No clips share a group: if some do share an artist or song, what follows is too hopeful.")
        for share, when in ((1.0, "Each tested once (k-fold)"), (HELD_OUT, f"{HELD_OUT:.0%} held out for testing")):
            widths = [self.half_width(a, share) for a in ACCURACIES]
            if self.n_groups * share < 2 or max(widths) > USELESS:
                n = counted(math.floor(self.n_groups * share), "group")
                lines.append(f"{when}: about {n} would be tested, which can show next to nothing.")
                continue
            points = ", ".join(f"±{100 * w:.0f} points at {a:.0%}" for w, a in zip(widths, ACCURACIES, strict=True))
            difference = self.difference(share)
            seen = f"two models can be told apart that differ by about {100 * difference:.0f} points"
            seen = seen if difference < LARGEST else "no two models can be told apart"
            lines.append(f"{when}: {CONFIDENCE:.0%} interval of the accuracy about {points}; {seen}.")
        lines.append(
            f"Assumed: intraclass correlation {CORRELATION} within a group, models that differ on {DISAGREEMENT:.0%} of the "
            f"clips, a test that sees the difference in {POWER:.0%} of cases."
        )
        if single := [label for label, n in self.n_groups_of.items() if n == 1]:
            lines.append(
                f"No interval can be stated for classes whose clips are all of one group: {listed(map(quoted, single), 10)}."
            )
        return lines

    def _quantile(self, share: float) -> float:
        """Of Student's t, with one degree of freedom less than there are groups."""
        return float(stdtrit(max(1.0, self.n_groups * share - 1), (1 + CONFIDENCE) / 2))


def weigh(clips: pd.DataFrame, copies: pd.DataFrame) -> Evidence:
    """The evidence in the usable labelled rows of `clips` (clips_csv.COLUMNS), linked by `copies` (copies_csv.COLUMNS)."""
    used = clips_csv.usable(clips)
    used = used[used["label"] != ""].reset_index(drop=True)
    unit = pd.Series(units.linked(used, copies, [used["group"]]))
    per_class = unit.groupby(used["label"]).nunique()
    n = effective_n(unit.value_counts().to_numpy())
    return Evidence(len(used), unit.nunique(), n, per_class.to_dict())


def effective_n(sizes: np.ndarray) -> float:
    """The number of independent clips that groups of these sizes [shape=(n_groups,)] are worth.

    Kish's design effect: 1 + (m - 1) * CORRELATION, m being the mean size weighted by size.
    """
    n = sizes.sum()
    return float(n / (1 + (np.square(sizes).sum() / n - 1) * CORRELATION)) if n else 0.0


def smallest_difference(n: float, quantile: float) -> float:
    """The difference of two accuracies that McNemar's test sees with POWER among `n` independent clips; at most 1.

    It is the x for which sqrt(n) * x = quantile * sqrt(d) + z * sqrt(d - x²), the models disagreeing on a share d of the
    clips: DISAGREEMENT, or x itself where that is more.
    """
    from scipy.optimize import brentq  # imports half of SciPy, which the workers of `clips` need not wait for

    z = float(ndtri(POWER))

    def excess(x: float) -> float:
        d = max(DISAGREEMENT, x)
        return math.sqrt(n) * x - quantile * math.sqrt(d) - z * math.sqrt(d - x * x)

    return float(brentq(excess, 0, 1)) if excess(1) > 0 else 1.0
