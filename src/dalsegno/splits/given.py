"""Partitions given from outside: a data set's own, the published ones of GTZAN, and lists that people pass around."""

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from dalsegno.clips import gtzan_csv
from dalsegno.pipeline.errors import UserError
from dalsegno.splits import caveats, lists

FOLD = "fold "
"""What a published fold is called in the column `split` of clips.csv: `fold 3` tests the clip."""


class OtherData(UserError):
    """A published partition is of another data set than this one."""


@dataclass(frozen=True)
class Given:
    """A partition as its source states it, and how much of it the data has.

    folds: of each fold, the part (n_clips,) of each clip, empty if left out. n_listed, n_found: the clips that the
    source names, and those of them in the data, by part (one fold) or by the fold that tests them. absent: those not in the data.
    unusable: clips that are listed and in the data, but were excluded or have no label.
    """

    folds: list[np.ndarray]
    n_listed: dict[str, int]
    n_found: dict[str, int]
    absent: dict[str, list[str]]
    unusable: list[str] = field(default_factory=list)

    def messages(self) -> list[str]:
        """A line per part: how many of the list were found, and which were not if they are few; and what cannot be used."""
        unusable = f"listed, but excluded or without a label: {caveats.some(self.unusable)}"
        found = [
            f"{part}: {self.n_found[part]} of {n} found"
            + (f" (absent: {', '.join(self.absent[part])})" if 0 < len(self.absent[part]) <= 5 else "")
            for part, n in self.n_listed.items()
        ]
        return found + [unusable] * bool(self.unusable)


def official(clips: pd.DataFrame) -> Given:
    """The data set's own split. Raises UserError if it has none."""
    if not (clips["split"] != "").any():
        raise UserError(
            "params.yaml: splits.protocol: official: this data set has no split of its own; use holdout or kfold"
        )
    stated = clips["split"].to_numpy()
    folds = sorted({part for part in stated if part.startswith(FOLD)}, key=_number)
    if len(folds) == 1:
        raise UserError(
            f"params.yaml: splits.protocol: official: all clips are of {folds[0]}, so none is left to train on"
        )
    parts = [np.where(stated == fold, "test", np.where(stated == "", "", "train")) for fold in folds] or [stated]
    return _given(np.arange(len(clips)), clips["clip_id"].to_numpy(), parts)


def _number(fold: str) -> tuple[int, str]:
    """Folds go by their number, `fold 10` after `fold 9`; those that have none, by their name."""
    name = fold.removeprefix(FOLD)
    return (int(name), "") if name.isdecimal() else (-1, name)


def fault_filtered(clips: pd.DataFrame) -> Given:
    """443 training, 197 validation and 290 test clips of GTZAN: no repeats or faults, artists disjoint."""
    facts = _gtzan()
    return _given(_gtzan_row(clips), facts["clip"].to_numpy(), [facts["fault_filtered"].to_numpy()])


def artist_folds(clips: pd.DataFrame) -> Given:
    """Three folds of GTZAN by artist; fold k tests on the k-th and trains on the others."""
    facts = _gtzan()
    number = facts["artist_fold"].to_numpy()
    parts = [np.where(number == k, "test", np.where(number == "", "", "train")) for k in "123"]
    return _given(_gtzan_row(clips), facts["clip"].to_numpy(), parts)


def gtzan_artists(clips: pd.DataFrame) -> list[pd.Series]:
    """The published artist of each clip (n_clips,), and its published group in the artist folds; empty if unknown."""
    row = _gtzan_row(clips)
    return [pd.Series(np.where(row >= 0, _gtzan()[c].to_numpy()[row], "")) for c in ("artist", "artist_group")]


def listed_parts(clips: pd.DataFrame, unusable: pd.DataFrame, source: str | Path, allow_missing: str | None) -> Given:
    """The partition that a folder of text lists or a CSV states; see `lists.read`.

    unusable: the other rows of the manifest, which a list may name, but which are in no part. Raises UserError if a clip
    that is listed is in neither, unless `allow_missing` says why, and if none of them can be used.
    """
    table = lists.read(source)
    listed, excluded = lists.find(table, clips), lists.find(table, unusable)
    if (listed < 0).all():
        raise UserError(
            f"{source}: no clip of the {len(table)} that it names is in the data; the first is {table['name'].iloc[0]!r}"
        )
    missing = table[(listed < 0) & (excluded < 0)]
    if len(missing) and not allow_missing:
        lists.refuse_missing(missing, len(table), source)
    entry = np.full(len(clips), -1)
    entry[listed[listed >= 0]] = np.flatnonzero(listed >= 0)
    parts = [table[c].to_numpy() for c in table if c.startswith("fold")]
    unusable = table.loc[(listed < 0) & (excluded >= 0), "name"].tolist()
    return replace(_given(entry, table["name"].to_numpy(), parts), unusable=unusable)


@cache
def _gtzan() -> pd.DataFrame:
    return pd.DataFrame(list(gtzan_csv.facts().values()))


def _gtzan_row(clips: pd.DataFrame) -> np.ndarray:
    """Row (n_clips,) of each clip in the facts, by its file's name, or -1. Raises OtherData if no clip has one."""
    row = pd.Index(_gtzan()["clip"]).get_indexer(clips["path"].map(lambda path: gtzan_csv.clip(PurePosixPath(path))))
    if (row < 0).all():
        raise OtherData(
            "params.yaml: splits.protocol: fault_filtered and artist_folds are partitions of GTZAN, "
            "and no clip here has a GTZAN name such as blues.00000.wav; use holdout or kfold"
        )
    return row


def _given(entry: np.ndarray, names: np.ndarray, folds: list[np.ndarray]) -> Given:
    """entry: each clip's place (n_clips,) among the `names` listed, -1 if it is not there. folds: parts of the names."""
    here = np.isin(np.arange(len(names)), entry)
    if len(folds) == 1:
        wanted = {part: folds[0] == part for part in ("train", "valid", "test")}
    else:
        wanted = {f"test of fold {k}": parts == "test" for k, parts in enumerate(folds)}
    wanted = {part: mask for part, mask in wanted.items() if mask.any()}
    return Given(
        folds=[np.where(entry >= 0, parts[entry], "").astype(object) for parts in folds],
        n_listed={part: int(mask.sum()) for part, mask in wanted.items()},
        n_found={part: int((mask & here).sum()) for part, mask in wanted.items()},
        absent={part: sorted(names[mask & ~here]) for part, mask in wanted.items()},
    )
