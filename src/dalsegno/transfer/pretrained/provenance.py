"""What weights were trained on, held against the clips that a model with these weights is scored on.

A checkpoint of ours lists its clips by id, SHA-256 of their samples, and unit: the group, artist and near copies that
count as one piece of evidence. Clips of one SHA-256 are the same recording. Names of units are compared only within one
data set, since two data sets may use one name for two things.
"""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from dalsegno.artefacts.leaks_json import Leaks
from dalsegno.artefacts.learning import splits_csv

COLUMNS = ["clip_id", "sha256", "unit"]


@dataclass(frozen=True)
class Provenance:
    """What a set of weights has seen in training and validation, as far as its file says.

    clips: clip_id, sha256 and unit of each clip. recordings: names of published collections, such as AudioSet. silent:
    encoders, by path, that do not list their clips.
    """

    clips: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLUMNS, dtype=str))
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
    return labelled[labelled[f"fold{fold}"] == splits_csv.scored_part(labelled)]


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


def leaks(weights: str, used: dict[int, Provenance], relatives: pd.DataFrame, splits: pd.DataFrame) -> Leaks:
    """In sentences: which scored clips the weights of each fold know, and what cannot be said about that.

    weights: their path, as the user wrote it. used: the provenance of the weights of each fold. relatives: as for `met`.
    """
    of_fold = {fold: scored(splits, fold) for fold in used}
    known = {fold: met(each.clips, relatives, splits, fold) for fold, each in used.items()}
    folds = [str(fold) for fold, rows in known.items() if len(rows)]
    named = {fold: of_fold[fold]["clip_id"].isin(each.clips["clip_id"]) for fold, each in used.items()}
    namesakes = sum(int((named[fold] & ~rows.index.isin(known[fold].index)).sum()) for fold, rows in of_fold.items())
    sentences = [
        f"{weights} was trained or validated on {sum(map(len, known.values()))} of the {sum(map(len, of_fold.values()))} "
        "scored clips, or on copies of them or other clips of their groups "
        f"(fold{'s' if len(folds) > 1 else ''} {', '.join(folds)})."
    ]
    rest = unlisted(used)
    recordings = [
        f"{weights} was trained on {name}: recordings that are scored here may have been among them."
        for name in rest["recordings"]
    ]
    notes = [
        f"{path} does not list the clips that it was trained on, so whether it knows the scored ones cannot be said."
        for path in rest["silent"]
    ]
    notes += [
        f"{weights} was trained on clips with the names of {namesakes} scored ones, but other samples: if they are the same "
        "recordings in another format, the scores are too high."
    ] * bool(namesakes)
    return Leaks(tuple(sentences if folds else ()), tuple(notes), tuple(recordings))


def unlisted(used: dict[int, Provenance]) -> dict[str, list[str]]:
    """What the weights of any fold were trained on without a list of clips, as plain data: recordings, silent."""
    names = {
        "recordings": [each.recordings for each in used.values()],
        "silent": [each.silent for each in used.values()],
    }
    return {kind: sorted(set().union(*values)) for kind, values in names.items()}
