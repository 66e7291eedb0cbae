"""Which clips a model trains on, is chosen on and is tested on: one protocol, stated and checked."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from dalsegno.artefacts import pieces, splits_csv
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.params import section
from dalsegno.splits import draw, given, leaks

GIVEN = {
    "official": given.official,
    "fault_filtered": given.fault_filtered,
    "artist_folds": given.artist_folds,
}  # the partitions that a data set brings along


@section
class Params:
    """`splits:` in params.yaml."""

    protocol: Literal[
        "holdout",  # one random split by the shares below
        "kfold",  # cross-validation: every clip is tested once a repeat
        "official",  # the data set's own split
        "fault_filtered",  # GTZAN, 443/197/290 clips without repeats, faults or shared artists
        "artist_folds",  # GTZAN, three folds without shared artists
        "file",  # the lists in `file`
        "shuffled_segments",  # LEAKY: pieces of one clip land in training and test; kept to show what that does
    ] = "holdout"
    seed: Annotated[int, Field(ge=0)] = 0
    valid_share: Annotated[float, Field(gt=0, lt=1)] = (
        0.1  # of all clips; of the training ones where a given split has no valid part
    )
    test_share: Annotated[float, Field(gt=0, lt=1)] = 0.1  # holdout, shuffled_segments
    folds: Annotated[int, Field(ge=2)] = 5  # kfold
    repeats: Annotated[int, Field(ge=1)] = 1  # kfold
    segments: Annotated[int, Field(ge=2)] = 10  # shuffled_segments: equal pieces of a clip
    grouped: bool = True  # holdout, kfold: groups and copies stay together; false leaks where there are any
    file: Annotated[str, Field(min_length=1)] = "data/clips.csv"  # file: folder of train.txt, test.txt; or a CSV
    allow_leaks: Annotated[str, Field(min_length=1)] | None = None  # why a split that leaks may go on

    def __post_init__(self) -> None:
        if self.valid_share + self.test_share >= 1:
            raise ValueError(
                f"valid_share {self.valid_share} and test_share {self.test_share} leave nothing to train on"
            )


@dataclass(frozen=True)
class Split:
    """rows: of splits.csv. told: what to tell the user of it. listed, found: clips of a given partition, by part."""

    rows: pd.DataFrame
    told: list[str] = field(default_factory=list)
    listed: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)


def split(clips: pd.DataFrame, copies: pd.DataFrame, p: Params) -> Split:
    """Give every usable clip its part in every fold, by the protocol of `p`.

    clips: usable rows of the manifest. copies: rows of clip_id_a, clip_id_b, kind. Raises UserError where the protocol
    does not fit the data, a part is empty or a class cannot be trained on.
    """
    known = clips[clips["label"] != ""].sort_values("clip_id", ignore_index=True)
    if known.empty:
        raise UserError("no clip of the data set has a label, so there is nothing to train on")
    made = _given(known, copies, p) if p.protocol in (*GIVEN, "file") else _drawn(known, copies, p)
    rest = clips.loc[clips["label"] == "", ["clip_id", "label", "group"]]
    rest = rest.assign(**{c: "unlabelled" for c in made.rows if c.startswith("fold")})
    rows = pd.concat([made.rows, rest]).sort_values("clip_id", ignore_index=True)
    told = made.told + _refuse_unusable(rows, may_lack_test=p.protocol in ("file", "fault_filtered"))
    return Split(rows, told, made.listed, made.found)


def summary(s: Split, found: pd.DataFrame, p: Params) -> dict:
    """metrics/splits.json. found: the leaks."""
    names = [f"fold{k}" for k in splits_csv.numbers(s.rows)]
    known = s.rows[s.rows["label"] != ""]
    return {
        "protocol": p.protocol,
        "leaky": p.protocol == "shuffled_segments" or leaks.spoil(found, s.rows),
        "allow_leaks": p.allow_leaks or "",
        "n_folds": len(names),
        "unlabelled": len(s.rows) - len(known),
        "left_out": {name: int((known[name] == "").sum()) for name in names},
        "leaks": {kind.replace(" ", "_"): n for kind, n in leaks.counts(found).items()},
        **({"listed": s.listed, "found": s.found} if s.listed else {}),
        "clips": {
            name: {
                part: {"all": len(labels), "of_class": labels.value_counts().sort_index().to_dict()}
                for part in ("train", "valid", "test")
                for labels in [known.loc[known[name] == part, "label"]]
            }
            for name in names
        },
    }


def _drawn(clips: pd.DataFrame, copies: pd.DataFrame, p: Params) -> Split:
    """holdout, kfold and shuffled_segments: parts drawn at random, from the seed."""
    labels, units = clips["label"].to_numpy(), np.arange(len(clips))
    if p.protocol == "shuffled_segments":
        labels = np.repeat(labels, p.segments)
        parts = draw.holdout(labels, np.arange(len(labels)), p.valid_share, p.test_share, _rng(p))
        clips = clips.loc[clips.index.repeat(p.segments)].reset_index(drop=True)
        ids = [pieces.name(c, i % p.segments, p.segments) for i, c in enumerate(clips["clip_id"])]
        return Split(_rows(clips.assign(clip_id=ids), [parts]), ["LEAKY: pieces of one clip are in several parts"])
    if p.grouped:
        units = draw.linked(clips, copies, [clips["group"]])
    if p.protocol == "kfold":
        return Split(_rows(clips, draw.kfold(labels, units, p.folds, p.repeats, p.valid_share, p.seed)))
    return Split(_rows(clips, [draw.holdout(labels, units, p.valid_share, p.test_share, _rng(p))]))


def _given(clips: pd.DataFrame, copies: pd.DataFrame, p: Params) -> Split:
    """official, fault_filtered, artist_folds and file: parts as stated; a validation part is drawn where there is none.

    The partitions of GTZAN promise more than they keep: the artist folds part some artists and, in some copies of the
    data, so do repeats. Training and validation clips that would break the promise are left out; test stays as published.
    """
    partition = given.listed_parts(clips, p.file) if p.protocol == "file" else GIVEN[p.protocol](clips)
    artists = given.gtzan_artists(clips) if p.protocol == "artist_folds" else []
    labels, units = clips["label"].to_numpy(), draw.linked(clips, copies, [clips["group"], *artists])
    apart = {"artist_folds": units, "fault_filtered": draw.linked(clips, copies, [])}.get(p.protocol)
    drawn, told = [], partition.told()
    for k, parts in enumerate(partition.folds):
        if apart is not None:
            parts, n = draw.held_apart(parts, apart)
            told += [f"fold {k}: left out, as their recording or artist is tested on: {n}"] if n else []
        drawn.append(draw.with_valid(parts, labels, units, p.valid_share, np.random.default_rng([p.seed, k])))
    return Split(_rows(clips, drawn), told, partition.listed, partition.found)


def _rows(clips: pd.DataFrame, parts: list[np.ndarray]) -> pd.DataFrame:
    return clips[["clip_id", "label", "group"]].assign(**{f"fold{k}": part for k, part in enumerate(parts)})


def _rng(p: Params) -> np.random.Generator:
    return np.random.default_rng(p.seed)


def _refuse_unusable(rows: pd.DataFrame, may_lack_test: bool) -> list[str]:
    """Raise UserError for an empty part or a class without training clips; return what is odd but can be lived with."""
    told, classes = [], splits_csv.classes(rows)
    for k in splits_csv.numbers(rows):
        here = {part: rows.loc[rows[f"fold{k}"] == part, "label"] for part in ("train", "valid", "test")}
        for part, labels in here.items():
            if labels.empty and not (part == "test" and may_lack_test):
                raise UserError(
                    f"fold {k} has no {part} clip; the data may be too small or its groups too few for this "
                    "splits.protocol, splits.folds or share"
                )
        splits_csv.check_trainable(rows, k, classes)
        if here["test"].empty:
            told.append(f"fold {k} has no test clip: models are trained and validated, but not tested")
        for part in ("valid", "test"):
            lacking = sorted(set(classes) - set(here[part]))
            if lacking and not here[part].empty:
                told.append(f"fold {k} has no {part} clip of {', '.join(lacking)}")
    return told
