"""`dalsegno kaggle-score MODEL SCORE`: what Kaggle said of a model's submission, noted where Git and DVC know of it."""

import argparse
import datetime
from pathlib import Path

from dalsegno.artefacts import kaggle_csv, model_name
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError, hint

FILE = Path("metrics/kaggle.csv")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The model, its score, and when."""
    parser.add_argument("model", metavar="MODEL", help="as the report calls it, such as mlp/small")
    parser.add_argument("score", metavar="SCORE", help="a share such as .79, or a percentage such as 79%%")
    parser.add_argument("--date", metavar="DATE", help="when it was submitted, such as 2026-05-31 (default: today)")


def run(arguments: argparse.Namespace) -> None:
    """Note the score. Raises UserError for an unknown model, or what is not a score."""
    print(note(arguments.model, arguments.score, arguments.date))


def note(model: str, score: str, date: str | None) -> str:
    """Write the score of a model to FILE, in place of an earlier one; return what was done, in a sentence.

    score: a share such as .79, or per cent such as 79%. date: ISO 8601; None: today. Raises UserError for a model that
    params.yaml does not name, a number that is not a score, or no date.
    """
    names = model_name.named(params.document())
    if model not in names:
        raise UserError(f"params.yaml names no model {model!r}{hint(model, names)}")
    share, day = _share(score), _day(date)
    scores = kaggle_csv.read(FILE) if FILE.is_file() else {}
    before = f", in place of {scores[model][0]:.4g} of {scores[model][1]}" if model in scores else ""
    kaggle_csv.write(FILE, scores | {model: (share, day)})
    return f"{FILE}: {model} scored {share:.4g} on {day}{before}; `dvc repro` puts it into the report, and `git add {FILE}` keeps it"


def _share(score: str) -> float:
    text = score.strip()
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise UserError(f"expected a score such as .79 or 79%, got {score!r}") from None
    if not 0 <= share <= 1:
        meant = f"; write a percentage as {text}%" if not text.endswith("%") and 1 < share <= 100 else ""
        raise UserError(f"expected a score from 0 to 1, or from 0% to 100%, got {score!r}{meant}")
    return round(share, 6)


def _day(date: str | None) -> str:
    try:
        return (datetime.date.fromisoformat(date) if date else datetime.date.today()).isoformat()
    except ValueError:
        raise UserError(f"expected a date such as 2026-05-31, got {date!r}") from None
