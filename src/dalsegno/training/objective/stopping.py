"""Whether training ended where it should have."""

import math
from collections.abc import Sequence


def still_improving(badness: Sequence[float], most: int) -> bool:
    """Whether training ran out of its `most` epochs while it was still improving, so that more might give a better model.

    So it is where all of them were trained, and the last tenth, rounded up, brought more than a hundredth of what all
    brought since the first. badness: the monitored metric of each epoch, of which less is better.
    """
    n_last = math.ceil(most / 10)
    if len(badness) < most or most == n_last:
        return False
    before, best = min(badness[:-n_last]), min(badness)
    return before - best > 0.01 * (badness[0] - best)
