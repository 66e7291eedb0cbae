"""The scores of all models with their intervals, the most accurate model first."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dalsegno.report import formatting
from dalsegno.report.tables.table import Cell, Column, Table

AVERAGES = {"balanced_accuracy": "balanced\naccuracy", "macro_precision": "macro\nprecision", "macro_f1": "macro\nF1"}
"""Over classes. Macro recall is balanced accuracy under another name."""
Kaggle = Mapping[str, tuple[float, str]]
Column_of = tuple[Column, Callable[[str, Mapping[str, Any]], Cell]]


def table(comparison: Mapping[str, Any], kaggle: Kaggle) -> Table:
    """comparison: compare.json under the names that models are called by, as `kaggle` has them: score and date of a submission."""
    models = comparison["models"]
    columns = list(_columns(comparison, kaggle))
    rows = [[Cell(name), *(cell(name, models[name]) for _, cell in columns)] for name in formatting.ranked(models)]
    return Table([Column("model", words=True), *(column for column, _ in columns)], rows)


def legend(comparison: Mapping[str, Any], kaggle: Kaggle) -> str:
    """What a reader of the table has to know."""
    interval = comparison["interval"]
    first = " The most accurate first." * (len(comparison["models"]) > 1)
    return " ".join(
        [
            f"Per cent, with {formatting.share(interval['confidence'], None)} intervals over {formatting.units(interval, 'independent ')}; "
            f"for log-loss, in nats, lower is better.{first}",
            *_remarks(comparison, kaggle),
        ]
    )


def same(models: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether balanced accuracy is accuracy for all models, as where each class has as many scored clips."""
    return all(math.isclose(m.get("balanced_accuracy", -1), m["accuracy"], abs_tol=1e-6) for m in models.values())


def _remarks(comparison: Mapping[str, Any], kaggle: Kaggle) -> Iterator[str]:
    models = comparison["models"]
    if _letters(comparison):
        yield "Tied: models that share a letter are not told apart by these clips; letters are not grades: a is not better than b."
    if same(models):
        yield f"Balanced accuracy is left out, as it equals accuracy{' for each of these models' * (len(models) > 1)}."
    else:
        yield "Balanced accuracy is the mean of the recall of all classes."
    if _segmented(models):
        yield "Segment accuracy: before the segments of a clip are combined; – where a clip is seen whole."
    if kaggle:
        yield "Kaggle: the score of the submission, and its date."


def _columns(comparison: Mapping[str, Any], kaggle: Kaggle) -> Iterator[Column_of]:
    models, letters = comparison["models"], _letters(comparison)
    yield Column("accuracy"), _score("accuracy")
    if letters:
        yield Column("tied"), lambda name, _: Cell(letters.get(name, formatting.NONE))
    if _segmented(models):
        yield Column("segment\naccuracy"), _score("segment_accuracy", optional=True)
    if any("top_3_accuracy" in m for m in models.values()):
        yield Column("top-3\naccuracy"), _score("top_3_accuracy")
    for metric, head in AVERAGES.items():
        if metric != "balanced_accuracy" or not same(models):
            yield Column(head), _score(metric)
    yield Column("log-loss", lower=True), _score("log_loss", 1.0, 3)
    if kaggle:
        yield Column("Kaggle"), lambda name, _: _returned(kaggle.get(name))


def _letters(comparison: Mapping[str, Any]) -> Mapping[str, str]:
    """The letters that tied models share; none where a single model has nothing to be tied with, or not all pairs were compared."""
    return comparison["verdict"]["letters"] if len(comparison["models"]) > 1 else {}


def _score(metric: str, scale: float = 100.0, digits: int = 1, optional: bool = False) -> Any:
    """A score with its interval; optional: not every model has it."""
    return lambda _, m: (
        Cell(formatting.NONE) if optional and metric not in m else Cell(*formatting.with_ends(m, metric, scale, digits))
    )


def _returned(score: tuple[float, str] | None) -> Cell:
    return Cell(formatting.percent(score[0]), score[1]) if score else Cell(formatting.NONE)


def _segmented(models: Mapping[str, Mapping[str, Any]]) -> bool:
    return any("segment_accuracy" in m for m in models.values())
