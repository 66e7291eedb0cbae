"""The clips that the splits hold out to be scored, and what each model predicted of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from dalsegno.artefacts.learning import pieces, predictions_parquet, splits_csv
from dalsegno.pipeline.errors import UserError


@dataclass(frozen=True)
class Scored:
    """The clips that all models are scored on.

    part: "test", or "valid" where the splits have no test clip. rows: clip_id, fold, label, unit, repeat; one row for each
    time that a clip is predicted; labels and units are indices. grouped: whether any clip has a group or shares its unit,
    so that units are groups. missing: the number of rows that some model did not predict.
    """

    part: str
    classes: list[str]
    rows: pd.DataFrame
    grouped: bool
    missing: int = 0

    @cached_property
    def clips(self) -> pd.DataFrame:
        """Each clip once, by clip_id: label and unit."""
        return self.rows.drop_duplicates("clip_id").set_index("clip_id").sort_index()

    @cached_property
    def _row_of(self) -> Int[np.ndarray, "n_clips n_folds"]:
        folds = self.rows["fold"].to_numpy()
        result = np.full((len(self.clips), folds.max() + 1), -1)
        result[self.clips.index.get_indexer(self.rows["clip_id"]), folds] = np.arange(len(folds))
        return result

    def places(self, table: pd.DataFrame) -> Int[np.ndarray, " n_rows"]:
        """The place in `rows` of the clip and fold of each row of `table`; -1 where they are not scored."""
        clips, folds = self.clips.index.get_indexer(table["clip_id"]), table["fold"].to_numpy()
        known = (clips >= 0) & (folds < self._row_of.shape[1])
        result = np.full(len(table), -1)
        result[known] = self._row_of[clips[known], folds[known]]
        return result

    @cached_property
    def labels(self) -> Int[np.ndarray, " n_clips"]:
        """The index of each clip's class, in order of `clips`."""
        return self.clips["label"].to_numpy()

    @cached_property
    def units(self) -> Int[np.ndarray, " n_clips"]:
        """The index of the unit that each clip belongs to, in order of `clips`; units are numbered from 0 without a gap."""
        return self.clips["unit"].to_numpy()

    @property
    def repeats(self) -> int:
        """How often each clip is predicted by a model with one seed; 1 where that differs from clip to clip."""
        return int(self.rows["repeat"].max()) + 1

    @cached_property
    def lone(self) -> list[str]:
        """The classes whose clips are all of one unit, so that nothing says how much their units differ."""
        n_units = self.clips.groupby("label")["unit"].nunique()
        return [self.classes[label] for label in n_units[n_units == 1].index]


@dataclass(frozen=True)
class Run:
    """One seed in one repeat: its clips by place in `Scored.clips`, and its probabilities of the classes of each.

    Without repeats a clip may be there several times, if it is in the scored part of several folds.
    """

    clips: Int[np.ndarray, " n"]
    p: Float[np.ndarray, "n n_classes"]


def held_out(splits: pd.DataFrame) -> Scored:
    """The clips that a model must predict to be scored. Raises UserError where the splits hold out nothing at all."""
    classes = splits_csv.classes(splits)
    parts = {part: _rows(splits, part) for part in ("test", "valid")}
    part = next((part for part, rows in parts.items() if len(rows)), None)
    if part is None:
        raise UserError("data/splits.csv has neither a test nor a validation clip to score; see splits in params.yaml")
    rows = parts[part].sort_values(["fold", "clip_id"], ignore_index=True)
    clips = rows["clip_id"].map(pieces.clip_of)
    grouped = bool((rows["group"] != "").any()) or rows["unit"].nunique() < clips.nunique()
    rows["unit"] = pd.factorize(rows["unit"], sort=True)[0]
    rows["label"] = rows["label"].map(classes.index)
    rows["repeat"] = _repeat(rows)
    return Scored(part, classes, rows.drop(columns="group"), grouped)


def predicted(name: str, path: Path, s: Scored) -> pd.DataFrame:
    """A model's rows of the scored clips: clip_id, fold, seed and the probability of each class in order.

    Raises UserError if they are missing, or were made under another split than the one at hand.
    """
    return read(name, path, s)[0]


def read(name: str, path: Path, s: Scored) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A model's rows of the scored clips, as of `predicted`, and those of labelled validation clips, with their `label`.

    The latter are none where the validation part is what is scored, since nothing may then be fitted on it.
    """
    if not path.is_file():
        raise UserError(f"{name}: params.yaml names this model, but there is no {path}; run dvc repro to train it")
    rows, key = predictions_parquet.read(path), ["clip_id", "fold", "seed"]
    valid = (rows["split"] == "valid") & (rows["label"] != "") & (s.part != "valid")
    return aligned(name, path, rows, s, key), rows.loc[valid, [*key, "label", *(f"p_{c}" for c in s.classes)]]


def aligned(name: str, path: Path, rows: pd.DataFrame, s: Scored, key: list[str]) -> pd.DataFrame:
    """The `rows` of `path` about scored clips: the columns `key`, which name a row, and the probabilities in order.

    Raises UserError for other classes than those of the splits, a row that is there twice, or another split.
    """
    if sorted(of := predictions_parquet.classes(rows)) != s.classes:
        raise UserError(f"{name}: {path} is about the classes {of}, data/splits.csv about {s.classes}; run dvc repro")
    if rows.duplicated(key).any():
        raise UserError(f"{name}: {path} predicts a clip twice in one fold and seed")
    rows = rows[s.places(rows) >= 0]
    if (rows["split"] != s.part).any():
        clip = rows.loc[rows["split"] != s.part, "clip_id"].iloc[0]
        raise UserError(f"{name}: {path} was made under another split: clip {clip} is now in {s.part}; run dvc repro")
    return rows[[*key, *(f"p_{c}" for c in s.classes)]]


def shared(s: Scored, tables: Iterable[pd.DataFrame]) -> Scored:
    """`s` cut to the rows that every model predicted with each of its seeds. Raises UserError if that leaves none."""
    by_all = np.ones(len(s.rows), bool)
    for table in tables:
        at = s.places(table)
        by_all &= np.bincount(at[at >= 0], minlength=len(by_all)) == table["seed"].nunique()
    rows = s.rows[by_all]
    if rows.empty:
        raise UserError(f"there is no {s.part} clip that every model predicted; see the models in params.yaml")
    missing = len(s.rows) - len(rows)
    unit = pd.factorize(rows["unit"], sort=True)[0]
    rows = rows.assign(unit=unit).sort_values(["fold", "clip_id"], ignore_index=True)
    return Scored(s.part, s.classes, rows.assign(repeat=_repeat(rows)), s.grouped, missing)


def without_clips(tables: dict[str, pd.DataFrame]) -> list[str]:
    """Models that predict none of the scored clips: to share clips with them would leave none to compare the others on.

    Empty if that is so of all of them, which `shared` then refuses.
    """
    without = [name for name, table in tables.items() if table.empty]
    return without if len(without) < len(tables) else []


def runs(s: Scored, table: pd.DataFrame) -> list[Run]:
    """A run for each seed and repeat, folds of one repeat pooled (Forman & Scholz 2010), in order of seed.

    Where clips are predicted unequally often, there are no repeats to average: all folds are pooled, and every prediction
    counts once. table: rows of `predicted`, or of the segments of clips, which are then rows of their clip.
    """
    at = s.places(table)
    clips = s.clips.index.get_indexer(s.rows["clip_id"])[at]
    seeds, repeats, folds = table["seed"].to_numpy(), s.rows["repeat"].to_numpy()[at], s.rows["fold"].to_numpy()[at]
    order = np.lexsort((folds, clips, repeats, seeds))
    order = order[at[order] >= 0]
    p = table[[f"p_{c}" for c in s.classes]].to_numpy()
    another = (np.diff(seeds[order]) != 0) | (np.diff(repeats[order]) != 0)
    return [Run(clips[run], p[run]) for run in np.split(order, np.flatnonzero(another) + 1)]


def hits(
    labels: Int[np.ndarray, " n_clips"], runs: list[Run]
) -> tuple[Int[np.ndarray, " n_clips"], Int[np.ndarray, " n_clips"]]:
    """How many predictions of each clip are right, and how many there are, over all runs."""
    clips = np.concatenate([run.clips for run in runs])
    right = np.concatenate([run.p.argmax(1) == labels[run.clips] for run in runs])
    return np.bincount(clips[right], minlength=len(labels)), np.bincount(clips, minlength=len(labels))


def _repeat(rows: pd.DataFrame) -> pd.Series:
    """The repeat that each row belongs to: its place among its clip's rows, or 0 where clips have unequally many."""
    by_clip = rows.groupby("clip_id")
    even = by_clip.size().nunique() == 1
    return by_clip.cumcount() if even else pd.Series(0, index=rows.index)


def _rows(splits: pd.DataFrame, part: str) -> pd.DataFrame:
    """clip_id, label, group, unit and fold of the labelled clips in `part`."""
    labelled = splits[splits["label"] != ""]
    columns = ["clip_id", "label", "group", "unit"]
    by_fold = [labelled.loc[labelled[f"fold{k}"] == part, columns].assign(fold=k) for k in splits_csv.numbers(splits)]
    return pd.concat(by_fold, ignore_index=True)
