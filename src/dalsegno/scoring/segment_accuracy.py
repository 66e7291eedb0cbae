"""How often a model is right about one window of a clip, before the clip's windows are put together.

Windows of a clip are no more independent than its repeats: whole clips or groups are resampled, as for every other
metric, and a model right on every window is not held to be surer than the number of clips allows.
"""

from pathlib import Path

import numpy as np

from dalsegno.pipeline.errors import UserError
from dalsegno.scoring import held_out, intervals
from dalsegno.scoring.held_out import Run, Scored
from dalsegno.scoring.intervals import Params
from dalsegno.scoring.metrics import METRICS


def scores(name: str, path: Path, s: Scored, p: Params) -> dict[str, float | None]:
    """segment_accuracy and the ends of its interval: the share of the scored clips' windows called right, mean over runs.

    Empty where there is no `path`, as of a model that sees each clip whole. Raises UserError if the file is about other
    clips or another split than the one at hand.
    """
    if not path.is_file():
        return {}
    table = held_out.aligned(name, path, s, ["clip_id", "fold", "seed", "segment"])
    if table.empty:
        raise UserError(f"{name}: {path} has no window of a scored {s.part} clip; run dvc repro")
    s = held_out.shared(s, [table.drop_duplicates(["clip_id", "fold", "seed"])])
    kinds = {"segment_accuracy": METRICS["accuracy"].kind}
    return intervals.scored(kinds, _share_right(s, held_out.runs(s, table)), s, p)


def _share_right(s: Scored, runs: list[Run]) -> intervals.Statistic:
    """The share of windows called right: its mean over the runs that have a window which counts. A row of a run is a window."""
    n = len(s.labels)
    right = [np.bincount(run.clips, run.p.argmax(1) == s.labels[run.clips], n) for run in runs]
    windows = [np.bincount(run.clips, minlength=n) for run in runs]

    def share(counts: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            shares = [counts @ r / (counts @ w) for r, w in zip(right, windows, strict=True)]
            return np.nanmean(shares, axis=0)[None]

    return share
