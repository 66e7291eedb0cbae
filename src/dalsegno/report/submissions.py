"""What models call the unlabelled clips: a table to read, and one per model to hand in."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from dalsegno.artefacts.data_set.sample_submission import Layout
from dalsegno.pipeline import files

PREDICTIONS = "predictions.csv"


def means(rows: pd.DataFrame, clip_ids: set[str]) -> pd.DataFrame:
    """The mean probability of each class, as a column, over folds and seeds, of those of the clips that have predictions.

    rows: of predictions.parquet.
    """
    columns = [c for c in rows.columns if c.startswith("p_")]
    mean = rows[rows["clip_id"].isin(clip_ids)].groupby("clip_id")[columns].mean()
    return mean.rename(columns=lambda column: column.removeprefix("p_"))


def called(mean: pd.DataFrame) -> dict[str, str]:
    """The most probable class of each clip of `means`."""
    return mean.idxmax(axis=1).to_dict() if len(mean) else {}


def write_predictions(
    path: str | Path, paths: pd.Series, of_models: Mapping[str, pd.DataFrame], best_first: Sequence[str]
) -> None:
    """Write what every model calls each clip, a row per clip, and how probable it holds that.

    paths: by clip_id. of_models: `means` of each. best_first: names of models in the order of their columns; one that is
    not among them, as no clip told how good it is, comes last.
    """
    ranked = [name for name in best_first if name in of_models]
    columns = {}
    for name in [*ranked, *(name for name in of_models if name not in ranked)]:
        mean = of_models[name]
        columns |= {name: pd.Series(called(mean), dtype=object), f"{name} probability": mean.max(axis=1).round(4)}
    table = pd.DataFrame(columns)
    table.insert(0, "path", paths.reindex(table.index))
    files.write_text(path, table.sort_values("path").to_csv(index=False, lineterminator="\n"))


def write(path: str | Path, form: Layout, labels: dict[str, str]) -> int:
    """Write the submission; return the number of clips that `labels` lacks.

    Such a clip keeps the label of the sample, since a submission with a row missing is not accepted; without a sample
    it is left out.
    """
    named = [(name, labels.get(clip_id, given)) for name, clip_id, given in form.rows]
    with files.atomic(path) as draft, draft.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, lineterminator="\n").writerows([form.columns, *(row for row in named if row[1])])
    return sum(clip_id not in labels for _, clip_id, _ in form.rows)
