"""A model's labels for the unlabelled clips, as a table to hand in."""

import csv
from pathlib import Path

import pandas as pd

from dalsegno.artefacts.data_set.sample_submission import Layout
from dalsegno.pipeline import files


def called(rows: pd.DataFrame, clip_ids: set[str]) -> dict[str, str]:
    """The label of each of the clips that have predictions: the class of the greatest mean over folds and seeds.

    rows: of predictions.parquet.
    """
    columns = [c for c in rows.columns if c.startswith("p_")]
    mean = rows[rows["clip_id"].isin(clip_ids)].groupby("clip_id")[columns].mean()
    return mean.idxmax(axis=1).str.removeprefix("p_").to_dict() if len(mean) else {}


def write(path: str | Path, form: Layout, labels: dict[str, str]) -> int:
    """Write the submission; return the number of clips that `labels` lacks.

    Such a clip keeps the label of the sample, since a submission with a row missing is not accepted; without a sample
    it is left out.
    """
    named = [(name, labels.get(clip_id, given)) for name, clip_id, given in form.rows]
    with files.atomic(path) as draft, draft.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, lineterminator="\n").writerows([form.columns, *(row for row in named if row[1])])
    return sum(clip_id not in labels for _, clip_id, _ in form.rows)
