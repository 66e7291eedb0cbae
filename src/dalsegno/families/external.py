"""Predictions that somebody made elsewhere, as a model among ours: a CSV of clips and probabilities, or of clips and labels."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

from dalsegno.artefacts.data_set import user_csv
from dalsegno.artefacts.data_set.user_csv import CLIPS, LABELS
from dalsegno.artefacts.learning import predictions_parquet, splits_csv
from dalsegno.pipeline.errors import UserError, counted, hint, listed
from dalsegno.pipeline.params import section
from dalsegno.splits import lists

UNKNOWN_TRAINING = "It was trained elsewhere: whether it knew scored clips, nobody here can tell."
LABELS_ALONE = "It gave labels without probabilities, so its log-loss and its confidence mean nothing."
PREDICTED, RUN = "predicted", ("fold", "seed")
_ROUNDED = 0.01 + 1e-9  # by how much rounding may make one of two equally probable classes the less probable


@section
class Params:
    """An entry of `external:`."""

    file: str  # CSV with a column of clip names, perhaps `fold` and `seed`, and a column per class, or one of labels
    allow_missing: str | None = None  # the reason why scored clips may be missing; no model is then scored on them


@dataclass(frozen=True)
class Predictions:
    """rows: of predictions.parquet. notes: what a reader of the scores should know. unknown: names of no clip here."""

    rows: list[pd.DataFrame]
    notes: tuple[str, ...]
    unknown: list[str]


def predictions(p: Params, clips: pd.DataFrame, splits: pd.DataFrame) -> Predictions:
    """Read the file of `p` for the clips of `splits`, each fold; without a column `fold`, a row serves all folds.

    Raises UserError, with the line where there is one, for a class that is missing, a row that is there twice,
    probabilities that do not sum to 1 or contradict the label beside them, an unknown label or fold, scored clips that are not
    there, and labels that may be the true ones.
    """
    table = user_csv.read(p.file)
    classes = splits_csv.classes(splits)
    named = user_csv.called(table, CLIPS)
    if not named:
        raise UserError(
            f"{p.file}, line 1: expected a column of clip names ({', '.join(CLIPS)}), got {', '.join(table.columns[:6])}"
        )
    labelled = _labelled(p.file, table, classes)
    values = _one_hot(p.file, table[labelled], classes) if labelled else _probabilities(p.file, table, classes)
    listed = pd.DataFrame({"name": table[named[0]], "where": [f"{p.file}, line {line}" for line in table.index]})
    keys = {key: next((_numbers(p.file, table[c]) for c in user_csv.called(table, (key,))), None) for key in RUN}
    _refuse_unknown_fold(p.file, table, keys["fold"], splits_csv.numbers(splits))
    known = clips[clips["clip_id"].isin(splits["clip_id"])]
    frames, unknown = [], set()
    for fold in splits_csv.numbers(splits):
        for seed in [0] if keys["seed"] is None else sorted(set(keys["seed"].tolist())):
            here = np.ones(len(table), bool) if keys["fold"] is None else keys["fold"] == fold
            here &= True if keys["seed"] is None else keys["seed"] == seed
            place = lists.find(listed[here], known)
            of_no_clip = listed.loc[here, "name"][place < 0].tolist()
            ids = known["clip_id"].to_numpy()[place[place >= 0]]
            _refuse_missing(p, fold, seed, splits, set(ids), of_no_clip)
            unknown |= set(of_no_clip)
            frames.append(predictions_parquet.frame(splits, fold, seed, ids, values[here][place >= 0], classes))
    if labelled and labelled.casefold() != PREDICTED:
        _refuse_truth(p.file, labelled, pd.concat(frames), classes)
    notes = (UNKNOWN_TRAINING, LABELS_ALONE) if labelled else (UNKNOWN_TRAINING,)
    return Predictions(frames, notes, sorted(unknown))


def _labelled(file: str, table: pd.DataFrame, classes: list[str]) -> str | None:
    """The column that holds the class each clip was given; None where there are columns of probabilities.

    Raises UserError where several may, as one of them is likely to hold the true class.
    """
    of_class = {column for name, column in _bare(table).items() if name in classes}
    known = user_csv.called(table, (*CLIPS, *LABELS, *RUN))
    if of_class - {*known}:
        return None
    others = [c for c in table if c not in known and len(table)]
    may = user_csv.called(table, LABELS) + [c for c in others if table[c].isin(classes).all()]
    predicted = user_csv.called(table, (PREDICTED,))
    if predicted or len(may) < 2:
        return next(iter(predicted or may), None)
    raise UserError(
        f"{file}, line 1: which of the columns {listed(map(repr, may))} holds what was predicted? Call it {PREDICTED!r}, or leave out "
        "the true classes"
    )


def _probabilities(file: str, table: pd.DataFrame, classes: list[str]) -> Float[np.ndarray, "n_rows n_classes"]:
    bare = _bare(table)
    lacking = [c for c in classes if c not in bare]
    if lacking:
        raise UserError(
            f"{file}, line 1: expected a column of probabilities for each class, called as the class is, or a column "
            f"{PREDICTED!r}; there is none for {listed(map(repr, lacking))}; the file has {listed(map(repr, table))}"
        )
    cells = table[[bare[c] for c in classes]]
    values = cells.apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    wrong = ~(np.isfinite(values) & (values >= 0)).all(1)
    if wrong.any():
        line = table.index[wrong.argmax()]
        got = ", ".join(cells.iloc[wrong.argmax()])
        raise UserError(f"{file}, line {line}: expected probabilities from 0 to 1, such as 0.25, got {got}")
    wrong = np.abs(values.sum(1) - 1) > _rounding(cells)
    if wrong.any():
        line, total = table.index[wrong.argmax()], values[wrong.argmax()].sum()
        such = counted(int(wrong.sum()), "such row")
        why = (
            "divide percentages by 100" if 99 < total < 101 else "write them with three digits or more, and all classes"
        )
        raise UserError(f"{file}, line {line}: the probabilities sum to {total:g}, not to 1 ({such}); {why}")
    for column in user_csv.called(table, (PREDICTED,)):
        _refuse_contradiction(file, table[column], values, classes)
    return values / values.sum(1, keepdims=True)


def _refuse_contradiction(file: str, labels: pd.Series, values: np.ndarray, classes: list[str]) -> None:
    """Raise UserError with the first line whose label is a class less probable than another: some column is not what it is called."""
    known = labels.isin(classes).to_numpy()
    own = values[known, labels[known].map(classes.index).to_numpy(int)]
    wrong = values[known].max(1) - own > _ROUNDED
    if wrong.any():
        line, row = labels.index[known][wrong.argmax()], values[known][wrong.argmax()]
        raise UserError(
            f"{file}, line {line}: {labels.name!r} is {labels[line]!r}, but {classes[row.argmax()]!r} is the most probable class "
            f"({counted(int(wrong.sum()), 'such row')}); mend the columns, or leave out {labels.name!r}"
        )


def _refuse_truth(file: str, column: str, rows: pd.DataFrame, classes: list[str]) -> None:
    """Raise UserError if a column of labels that is not called PREDICTED holds the true class of every labelled clip."""
    rows = rows[rows["label"] != ""]
    given = rows[[f"p_{c}" for c in classes]].to_numpy().argmax(1)
    if len(rows) and (given == rows["label"].map(classes.index)).all():
        raise UserError(
            f"{file}, line 1: the column {column!r} has the true class of every clip, as if it were no prediction; if your model "
            f"predicted this, call the column {PREDICTED!r}, else give that name to the column that it predicted"
        )


def _rounding(cells: pd.DataFrame) -> float:
    """How far from 1 the sum of a row may be: a thousandth, or as far as cells that are rounded to three digits can take it."""
    digits = max((len(cell.partition(".")[2]) for column in cells for cell in cells[column]), default=0)
    return max(1e-3, cells.shape[1] / 2 / 10**digits if digits > 2 else 0) + 1e-9


def _one_hot(file: str, labels: pd.Series, classes: list[str]) -> Float[np.ndarray, "n_rows n_classes"]:
    for line, label in labels.items():
        if label not in classes:
            raise UserError(f"{file}, line {line}: {label!r} is not a class of the data{hint(label, classes)}")
    return np.eye(len(classes))[labels.map(classes.index).to_numpy()]


def _bare(table: pd.DataFrame) -> dict[str, str]:
    """Columns by the class that they may be of: p_ and its name, or else its name."""
    return {column: column for column in table} | {c.removeprefix("p_"): c for c in table if c.startswith("p_")}


def _numbers(file: str, column: pd.Series) -> np.ndarray:
    for line, value in column.items():
        if not value.isdecimal():
            raise UserError(f"{file}, line {line}: expected a number in column {column.name!r}, got {value!r}")
    return column.astype(int).to_numpy()


def _refuse_unknown_fold(file: str, table: pd.DataFrame, fold: np.ndarray | None, known: list[int]) -> None:
    """Raise UserError with the first line whose fold the splits do not have: its row would serve nothing."""
    if fold is not None and (wrong := ~np.isin(fold, known)).any():
        got, line = fold[wrong.argmax()], table.index[wrong.argmax()]
        raise UserError(f"{file}, line {line}: there is no fold {got}; the splits have {', '.join(map(str, known))}")


def _refuse_missing(
    p: Params, fold: int, seed: int, splits: pd.DataFrame, predicted: set[str], of_no_clip: list[str]
) -> None:
    """Raise UserError if a clip that is scored in this fold has no prediction, unless that is allowed.

    of_no_clip: names in these rows that no clip has.
    """
    part = splits_csv.scored_part(splits)
    due = splits.loc[(splits[f"fold{fold}"] == part) & (splits["label"] != ""), "clip_id"]
    missing = [clip_id for clip_id in due if clip_id not in predicted]
    if missing and (not p.allow_missing or len(missing) == len(due)):
        where = f"fold {fold}" + (f" and seed {seed}" if seed else "")
        other = (
            f"; no clip here is called {of_no_clip[0]!r} ({counted(len(of_no_clip), 'such row')})" if of_no_clip else ""
        )
        raise UserError(
            f"{p.file}: no row for {len(missing)} of the {len(due)} {part} clips of {where}, first {listed(map(repr, missing))}"
            f"{other}; add them, or give the reason in allow_missing: then no model is scored on them"
        )
