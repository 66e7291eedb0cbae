"""metrics/kaggle.csv: what Kaggle said of a model's submission; a row per model: model, score (0 … 1), date (ISO 8601)."""

from pathlib import Path

import pandas as pd

from dalsegno.artefacts.data_set import user_csv
from dalsegno.pipeline import files
from dalsegno.pipeline.errors import UserError

COLUMNS = ["model", "score", "date"]


def read(path: str | Path) -> dict[str, tuple[float, str]]:
    """Score and date by model; empty where nothing was submitted yet. Raises UserError with the line that is malformed."""
    rows = user_csv.read(path)
    if list(rows.columns) != COLUMNS:
        raise UserError(f"{path}, line 1: expected the columns {','.join(COLUMNS)}, got {','.join(rows.columns)}")
    scores = {}
    for line, row in zip(rows.index, rows.to_dict("records"), strict=True):
        try:
            score = float(row["score"])
        except ValueError:
            score = -1.0
        if not 0 <= score <= 1:
            raise UserError(f"{path}, line {line}: expected a score from 0 to 1, got {row['score']!r}")
        scores[row["model"]] = (score, row["date"])
    return scores


def write(path: str | Path, scores: dict[str, tuple[float, str]]) -> None:
    """Write the scores in order of model."""
    rows = pd.DataFrame([(name, *scores[name]) for name in sorted(scores)], columns=COLUMNS)
    with files.atomic(path) as draft:
        rows.to_csv(draft, index=False, lineterminator="\n")
