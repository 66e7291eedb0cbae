"""What weights were trained on, held against the clips that a model with these weights is scored on.

A checkpoint of ours lists its clips by id, SHA-256 and unit (the group, artist and near copies that count as one piece of
evidence). Two files are the same clip if their SHA-256 is the same. Names of units are compared only within one data set,
since two data sets may use one name for two things.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from dalsegno.artefacts import splits_csv
from dalsegno.artefacts.leaks_json import Leaks

COLUMNS = ["clip_id", "sha256", "unit"]


def _no_clips() -> pd.DataFrame:
    return pd.DataFrame(columns=COLUMNS, dtype=str)


@dataclass(frozen=True)
class Provenance:
    """What a set of weights has seen in training and validation, as far as its file says.

    clips: clip_id, sha256 and unit of each clip. recordings: names of published collections, such as AudioSet. silent:
    checkpoints, by path, that do not list their clips.
    """

    clips: pd.DataFrame = field(default_factory=_no_clips)
    recordings: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """The same as plain data, for JSON."""
        return {
            "clips": self.clips[COLUMNS].to_dict("list"),
            "recordings": list(self.recordings),
            "silent": list(self.silent),
        }


def from_plain(content: dict[str, Any]) -> Provenance:
    """What `Provenance.plain` gave."""
    clips = pd.DataFrame(content["clips"], columns=COLUMNS, dtype=str)
    return Provenance(clips, tuple(content["recordings"]), tuple(content["silent"]))


def scored(splits: pd.DataFrame, fold: int) -> pd.DataFrame:
    """Rows of the labelled clips on which a model of `fold` is scored: the test part, or validation if no fold has one."""
    labelled = splits[splits["label"] != ""]
    tested = any((labelled[f"fold{k}"] == "test").any() for k in splits_csv.numbers(splits))
    return labelled[labelled[f"fold{fold}"] == ("test" if tested else "valid")]


def met(clips: pd.DataFrame, relatives: pd.DataFrame, splits: pd.DataFrame, fold: int) -> pd.DataFrame:
    """Rows of the scored clips of `fold` that are among `clips`, or in one unit with one of them.

    relatives: all clips of the file that `clips` come from; a file that both have tells which units are the same.
    """
    same = shared(relatives, splits)
    units = set(same.loc[same["unit_there"].isin(clips["unit"]), "unit_here"])
    if (same["clip_id_there"] == same["clip_id_here"]).any():  # one data set, in which names of units mean the same
        units |= set(clips["unit"])
    rows = scored(splits, fold)
    return rows[rows["unit"].isin(units)]


def shared(clips: pd.DataFrame, splits: pd.DataFrame) -> pd.DataFrame:
    """The files that `clips` and the splits have in common: sha256, and clip_id and unit of both, `_there` and `_here`."""
    there, here = (rows.loc[rows["sha256"] != "", COLUMNS] for rows in (clips, splits))
    return there.merge(here, on="sha256", suffixes=("_there", "_here"))


def best(known: Sequence[Provenance], folds: Sequence[int | None], splits: pd.DataFrame, fold: int) -> int:
    """The place of the run whose weights a model of `fold` should start from.

    known, folds: the provenance and the fold of each run of one file. It is the run that has met the fewest scored clips
    of `fold`; of equals, one of the same fold, if the file was trained on clips of these splits; else the first.
    """
    relatives = together(known)
    related = len(shared(relatives, splits)) > 0
    n_met = [len(met(each.clips, relatives, splits, fold)) for each in known]
    return min(range(len(known)), key=lambda i: (n_met[i], related and folds[i] != fold, i))


def together(known: Sequence[Provenance]) -> pd.DataFrame:
    """The clips of several runs, each once."""
    return pd.concat([each.clips for each in known]).drop_duplicates()


def held_against(splits: pd.DataFrame, used: dict[int, Provenance], relatives: pd.DataFrame, weights: str) -> Leaks:
    """Which scored clips the weights of each fold know, in sentences.

    used: the provenance of the weights of each fold. relatives: as for `met`. weights: their path, as the user wrote it.
    """
    clips = {fold: met(each.clips, relatives, splits, fold) for fold, each in used.items()}
    folds = [fold for fold, rows in clips.items() if len(rows)]
    leaks, notes = [], []
    if folds:
        n, of = sum(map(len, clips.values())), sum(len(scored(splits, fold)) for fold in used)
        leaks.append(
            f"{weights} was trained or validated on {n} of the {of} scored clips, on copies of them or on other clips of "
            f"their groups ({_folds(folds)})."
        )
    for name in dict.fromkeys(name for each in used.values() for name in each.recordings):
        notes.append(f"{weights} was trained on {name}: the scored recordings may have been among those.")
    for path in dict.fromkeys(path for each in used.values() for path in each.silent):
        notes.append(f"{path} does not list the clips that it was trained on: whether it knows scored ones is unknown.")
    return Leaks(tuple(leaks), tuple(notes))


def _folds(folds: list[int]) -> str:
    return f"fold{'s' if len(folds) > 1 else ''} {', '.join(map(str, folds))}"
