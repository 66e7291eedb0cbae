"""data/splits.csv: the part of each fold that a clip is in."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from dalsegno.pipeline import files
from dalsegno.pipeline.errors import UserError

CLIP = ["clip_id", "label", "group", "unit", "sha256"]
"""The columns before the folds. unit: clips that are no independent evidence of one another share it (a group, artist or
near copies, directly or by way of others); it is never empty. sha256: of the decoded samples."""
PARTS = ("train", "valid", "test", "unlabelled", "")  # the last: left out of this fold


def write(path: str | Path, splits: pd.DataFrame) -> None:
    """Write CLIP, fold0, fold1, … in order of clip_id."""
    with files.atomic(path) as draft:
        splits.sort_values("clip_id").to_csv(draft, index=False, lineterminator="\n")


def read(path: str | Path) -> pd.DataFrame:
    """One row per usable clip; every cell is text, an empty one the empty string."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def numbers(splits: pd.DataFrame) -> list[int]:
    """The numbers of the folds in `splits`, such as [0, 1, 2, 3, 4]."""
    return sorted(int(c.removeprefix("fold")) for c in splits.columns if c.startswith("fold"))


def classes(splits: pd.DataFrame) -> list[str]:
    """Names of the classes, sorted; a label's place in this list is its index in every model's logits."""
    return sorted(set(splits["label"].unique()) - {""})


def scored_part(splits: pd.DataFrame) -> str:
    """The part that models are scored on: test, or valid where no fold has a test clip."""
    return "test" if any((splits[f"fold{k}"] == "test").any() for k in numbers(splits)) else "valid"


def met(splits: pd.DataFrame, fold: int) -> dict[str, list[str]]:
    """clip_id, sha256, unit and part of the training and of the validation clips of a fold."""
    rows = splits.assign(part=splits[f"fold{fold}"])
    return rows.loc[rows["part"].isin(["train", "valid"]), ["clip_id", "sha256", "unit", "part"]].to_dict("list")


def check_trainable(labels: Iterable[str], fold: int, classes: list[str]) -> None:
    """Raise UserError if one of `classes` is not among the labels of the training clips of `fold`: no model could learn it."""
    absent = sorted(set(classes) - set(labels))
    if absent:
        raise UserError(
            f"fold {fold} has no training clip of {', '.join(absent)}; try another splits.seed or splits.protocol, or "
            "leave the class out (dataset.leave_out)"
        )
