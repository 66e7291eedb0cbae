"""How much a score depends on the seed of training, and an interval of accuracy that holds both, clips and seeds."""

import numpy as np
from scipy import special

from dalsegno.scoring.held_out import Run, Scored


def spread(s: Scored, runs: list[Run], scores: dict[str, float | None], confidence: float) -> dict[str, float | None]:
    """accuracy_sd over seeds, and accuracy_seeds_low and _high; empty for a model with one seed.

    The interval over clips, accuracy_low to accuracy_high of `scores`, takes the trained models as given. Student's
    interval of the mean over seeds takes the clips as given. The two are put together as independent ones are: the squares
    of their distances from the estimate are added on either side (Zou & Donner 2008). With two or three seeds it is wide,
    as so few say little about others.
    """
    right = [np.concatenate([r.p.argmax(1) == s.labels[r.clips] for r in of_seed]) for of_seed in _by_seed(s, runs)]
    if len(right) < 2:
        return {}
    accuracies = [hits.mean() for hits in right]
    sd = float(np.std(accuracies, ddof=1))
    reach = special.stdtrit(len(right) - 1, (1 + confidence) / 2) * sd / np.sqrt(len(right))
    value, low, high = (scores[f"accuracy{end}"] for end in ("", "_low", "_high"))
    if value is None or low is None or high is None:
        return {"accuracy_sd": sd, "accuracy_seeds_low": None, "accuracy_seeds_high": None}
    return {
        "accuracy_sd": sd,
        "accuracy_seeds_low": max(0.0, value - float(np.hypot(value - low, reach))),
        "accuracy_seeds_high": min(1.0, value + float(np.hypot(high - value, reach))),
    }


def _by_seed(s: Scored, runs: list[Run]) -> list[list[Run]]:
    """The runs of each seed, one for each repeat; `runs` are in order of seed."""
    return [runs[i : i + s.repeats] for i in range(0, len(runs), s.repeats)]
