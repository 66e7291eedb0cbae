"""How often a model is right about one window of a clip, before the clip's windows are put together.

Windows of a clip are no more independent than its repeats: whole clips or groups are resampled, as for every other
figure, and a model right on every window is not held to be surer than the number of clips allows.
"""

from pathlib import Path

import numpy as np

from dalsegno.pipeline.errors import UserError
from dalsegno.scoring import held_out, intervals
from dalsegno.scoring.compare import Params
from dalsegno.scoring.held_out import Scored
from dalsegno.scoring.metrics import METRICS


def figures(name: str, path: Path, s: Scored, p: Params) -> dict[str, float | None]:
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
    runs = held_out.runs(s, table)
    labels, units = s.clips["label"].to_numpy(), s.clips["unit"].to_numpy()
    right = [np.bincount(r.clips, r.p.argmax(1) == labels[r.clips], len(labels)) for r in runs]
    windows = [np.bincount(r.clips, minlength=len(labels)) for r in runs]

    def share(counts: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            return np.nanmean([counts @ k / (counts @ n) for k, n in zip(right, windows, strict=True)], axis=0)

    found = float(share(np.ones((1, len(labels))))[0])
    draws = np.concatenate([share(counts) for counts in intervals.resamples(units, p.resamples, p.seed)])
    low, high = intervals.interval(METRICS["accuracy"], found, draws, labels, units.max() + 1, p.confidence)
    return {"segment_accuracy": found, "segment_accuracy_low": low, "segment_accuracy_high": high}
