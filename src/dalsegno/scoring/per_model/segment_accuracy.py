"""How often a model is right about one window of a clip, before the clip's windows are put together.

Windows of a clip are no more independent than its repeats: the interval counts units as it does for accuracy, and a model
right on every window is not held to be surer than the number of clips allows.
"""

from pathlib import Path

from dalsegno.artefacts.learning import predictions_parquet
from dalsegno.pipeline.errors import UserError
from dalsegno.scoring import compare, held_out
from dalsegno.scoring.held_out import Scored


def scores(name: str, path: Path, s: Scored, confidence: float) -> dict[str, float | None]:
    """segment_accuracy and the ends of its interval: the share of the scored clips' windows called right, over all runs.

    Empty where there is no `path`, as of a model that sees each clip whole. Raises UserError if the file is about other
    clips or another split than the one at hand.
    """
    if not path.is_file():
        return {}
    table = held_out.aligned(name, path, predictions_parquet.read(path), s, ["clip_id", "fold", "seed", "segment"])
    if table.empty:
        raise UserError(f"{name}: {path} has no window of a scored {s.part} clip; run dvc repro")
    s = held_out.shared(s, [table.drop_duplicates(["clip_id", "fold", "seed"])])
    return compare.accuracy("segment_accuracy", s, held_out.runs(s, table), confidence)
