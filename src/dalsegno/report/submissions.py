"""A model's labels for the unlabelled clips, as a table to hand in: laid out like a sample, if the data set has one."""

import csv
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from dalsegno.pipeline import files
from dalsegno.pipeline.errors import UserError, hint

SAMPLE = "sample_submission.csv"


@dataclass(frozen=True)
class Layout:
    """The form of a submission. columns: names of the id and the label. rows: in order, an id, its clip_id, and the label
    that the sample gives it."""

    columns: tuple[str, str]
    rows: list[tuple[str, str, str]]


def layout(sample: Path, clips: pd.DataFrame, classes: list[str]) -> Layout:
    """The form that a submission must have. clips: the manifest's rows without label, excluded ones too.

    Without a sample the columns are `id,label`, the id is the file's name (its path where two files share a name).
    Raises UserError with file and line where the sample does not fit the clips to predict or the classes.
    """
    wanted = clips[clips["excluded"] == ""]
    if not sample.is_file():
        paths = sorted(zip(wanted["path"].map(_inside), wanted["clip_id"], strict=True))
        names = [PurePosixPath(path).name for path, _ in paths]
        ids = names if len(set(names)) == len(names) else [path for path, _ in paths]
        return Layout(("id", "label"), [(i, clip_id, "") for i, (_, clip_id) in zip(ids, paths, strict=True)])
    known = _spellings(clips[clips["excluded"] != ""]) | _spellings(wanted)
    columns, lines = _read(sample)
    rows, seen = [], {}
    for where, name, label in lines:
        clip_id = known.get(name)
        if clip_id is None:
            what = "names several clips" if name in known else f"is none of them{hint(name, list(known))}"
            raise UserError(f"{where}: expected the file name of a clip to predict, but {name!r} {what}")
        if clip_id in seen:
            raise UserError(f"{where}: expected each clip once, but {name!r} is in line {seen[clip_id]} already")
        if label and label not in classes:
            raise UserError(
                f"{where}: expected a label as the training folders spell it, one of {', '.join(classes)}; got {label!r}"
                f"{hint(label, classes)}. A submission must spell labels as the sample does: rename the folders"
            )
        seen[clip_id] = where.rsplit(" ", 1)[1]
        rows.append((name, clip_id, label))
    lacking = wanted.loc[~wanted["clip_id"].isin(seen), "path"].sort_values()
    if len(lacking):
        raise UserError(
            f"{sample}, line {len(lines) + 2}: expected all {len(wanted)} clips to predict, but {len(lacking)} are not "
            f"there, the first {lacking.iloc[0]!r}"
        )
    return Layout(columns, rows)


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


def _read(sample: Path) -> tuple[tuple[str, str], list[tuple[str, str, str]]]:
    """The two column names, and of each row ("file, line n", id, label)."""
    with sample.open(newline="", encoding="utf-8-sig") as text:
        reader = csv.reader(text)
        columns = next(reader, [])
        if len(columns) != 2:
            raise UserError(f"{sample}, line 1: expected two columns, an id and a label, got {','.join(columns)!r}")
        rows = []
        for row in reader:
            where = f"{sample}, line {reader.line_num}"
            if len(row) != 2:
                raise UserError(f"{where}: expected an id and a label, got {','.join(row)!r}")
            rows.append((where, *row))
    return tuple(columns), rows


def _spellings(clips: pd.DataFrame) -> dict[str, str | None]:
    """clip_id of each name that a sample may give to a clip; None where several clips go by it."""
    by_name: dict[str, str | None] = {}
    for clip_id, path in zip(clips["clip_id"], clips["path"], strict=True):
        file = PurePosixPath(path)
        for name in {clip_id, path, _inside(path), file.name, file.stem}:
            by_name[name] = clip_id if by_name.get(name, clip_id) == clip_id else None
    return by_name


def _inside(path: str) -> str:
    """`test/a/x.wav` → `a/x.wav`: the path below the folder that holds the clips to predict."""
    return path.split("/", 1)[-1]
