"""The clips that a model trains on, is chosen on and is tested on: one protocol, stated and checked."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.artefacts.learning import pieces, splits_csv
from dalsegno.clips.whole import units
from dalsegno.pipeline.errors import UserError, counted, joined
from dalsegno.splits import caveats, draw, given, leaks
from dalsegno.splits.protocol import Protocol

GIVEN = {
    "official": given.official,
    "fault_filtered": given.fault_filtered,
    "artist_folds": given.artist_folds,
}  # the partitions that a data set brings along
MEND = {
    "train": ("lower splits.valid_share", "lower splits.test_share"),
    "valid": ("raise splits.valid_share", "lower splits.folds"),
    "test": ("raise splits.test_share", "lower splits.folds"),
}  # what to do about a drawn part with too few clips, where the protocol has such an option


@dataclass(frozen=True)
class Split:
    """rows: of splits.csv. messages: what a user should know of it. caveats: those of the messages that every result must
    be read with. n_listed, n_found: the clips that a given partition lists, and those of them in the data, by part."""

    rows: pd.DataFrame
    messages: list[str] = field(default_factory=list)
    caveats: list[str] = field(default_factory=list)
    n_listed: dict[str, int] = field(default_factory=dict)
    n_found: dict[str, int] = field(default_factory=dict)


def split(
    manifest: pd.DataFrame,
    copies: pd.DataFrame,
    p: Protocol,
    segments: int = 1,
    lists: str | None = None,
    allow_missing: str | None = None,
) -> Split:
    """Give every usable clip its part in every fold, by the protocol of `p`.

    manifest: rows of clips.csv. copies: rows of clip_id_a, clip_id_b, kind. segments: the number of pieces that
    shuffled_segments deals out per clip. lists: what protocol file reads; allow_missing: why some of its clips may be
    missing. Raises UserError where the protocol does not fit the data, a part is empty or a class cannot be trained on.
    """
    is_given = bool(lists) or p.protocol in GIVEN
    clips = clips_csv.with_copies(manifest) if is_given else clips_csv.usable(manifest)
    known = clips[clips["label"] != ""].sort_values("clip_id", ignore_index=True)
    if known.empty:
        raise UserError("no clip of the data set has a label, so there is nothing to train on")
    rest = manifest[~manifest["clip_id"].isin(known["clip_id"])].sort_values("clip_id", ignore_index=True)
    known, rest = _with_units(known, rest, copies, p)
    if p.protocol == "shuffled_segments":
        made = _shuffled(known, p, segments)
    elif is_given:
        partition = given.listed_parts(known, rest, lists, allow_missing) if lists else GIVEN[p.protocol](known)
        made = _given(known, copies, p, partition)
    else:
        made = _drawn(known, p)
    unlabelled = rest[(rest["label"] == "") & (rest["excluded"] == "")]
    unlabelled = unlabelled.assign(**{c: "unlabelled" for c in made.rows if c.startswith("fold")})
    rows = pd.concat([made.rows, unlabelled[made.rows.columns]]).sort_values("clip_id", ignore_index=True)
    _refuse_unusable(rows, is_given, p, may_lack_test=bool(lists) or p.protocol == "fault_filtered")
    said = made.caveats + caveats.lacking(rows)
    return replace(made, rows=rows, messages=made.messages + said + caveats.untested(rows), caveats=said)


def summary(s: Split, crossings: pd.DataFrame, p: Protocol) -> dict[str, Any]:
    """metrics/splits.json. crossings: what `leaks.check` returned."""
    names = [f"fold{k}" for k in splits_csv.numbers(s.rows)]
    known = s.rows[s.rows["label"] != ""]
    return {
        "protocol": p.protocol,
        "leaky": p.protocol == "shuffled_segments" or leaks.spoil(crossings, s.rows),
        "allow_leaks": p.allow_leaks or "",
        "n_folds": len(names),
        "unlabelled": len(s.rows) - len(known),
        "left_out": {name: int((known[name] == "").sum()) for name in names},
        "leaks": {kind.replace(" ", "_"): n for kind, n in leaks.counts(crossings).items()},
        **({"listed": s.n_listed, "found": s.n_found} if s.n_listed else {}),
        "caveats": s.caveats,
        "clips": {name: {part: _counts(known, name, part) for part in ("train", "valid", "test")} for name in names},
    }


def _counts(known: pd.DataFrame, fold: str, part: str) -> dict[str, Any]:
    labels = known.loc[known[fold] == part, "label"]
    return {"all": len(labels), "of_class": labels.value_counts().sort_index().to_dict()}


def _with_units(
    known: pd.DataFrame, rest: pd.DataFrame, copies: pd.DataFrame, p: Protocol
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both with a column `unit`; clips of `known` may be linked by way of one of `rest`."""
    clips = pd.concat([known, rest], ignore_index=True)
    artists = given.gtzan_artists(clips) if p.protocol == "artist_folds" else []
    clips["unit"] = units.names(clips, units.linked(clips, copies, [clips["group"], *artists]))
    return clips[: len(known)], clips[len(known) :]


def _drawn(clips: pd.DataFrame, p: Protocol) -> Split:
    """holdout and kfold: parts drawn at random, from the seed."""
    o, labels = p.options, clips["label"].to_numpy()
    names = clips["unit" if o["grouped"] else "clip_id"]
    unit = pd.factorize(names)[0]
    if p.protocol == "kfold":
        return Split(_rows(clips, draw.kfold(labels, unit, o["folds"], o["repeats"], p.valid_share, p.seed)))
    rng = np.random.default_rng(p.seed)
    rows = _rows(clips, [draw.holdout(labels, unit, p.valid_share, o["test_share"], rng)])
    never = sorted(set(names[draw.dominant(labels, unit)]))
    caveat = f"Never tested, as they hold more than half of a class: {caveats.some(never)}"
    return Split(rows, caveats=[caveat] if never else [])


def _shuffled(clips: pd.DataFrame, p: Protocol, segments: int) -> Split:
    """shuffled_segments: the pieces of all clips, drawn one by one."""
    if segments < 2:
        raise UserError(
            "params.yaml: splits.protocol: shuffled_segments deals out the features.segments pieces of each clip, and that "
            f"is {segments}; set features.segments to 2 or more"
        )
    labels, rng = np.repeat(clips["label"].to_numpy(), segments), np.random.default_rng(p.seed)
    parts = draw.holdout(labels, np.arange(len(labels)), p.valid_share, p.options["test_share"], rng)
    clips = clips.loc[clips.index.repeat(segments)].reset_index(drop=True)
    ids = [pieces.name(c, i % segments, segments) for i, c in enumerate(clips["clip_id"])]
    return Split(_rows(clips.assign(clip_id=ids), [parts]), ["LEAKY: pieces of one clip are in several parts"])


def _given(clips: pd.DataFrame, copies: pd.DataFrame, p: Protocol, partition: given.Given) -> Split:
    """official, fault_filtered, artist_folds and file: parts as stated; a validation part is drawn where there is none.

    The partitions of GTZAN promise more than they keep: the artist folds part some artists and, in some copies of the
    data, so do repeats. Training and validation clips that would break the promise are left out; test stays as published.
    The fault-filtered lists keep artists apart by name, which is what their groups are here. To keep apart what a duet or a
    published group of artists links as well would take a tenth of their training part; it is counted and said instead.
    """
    labels, unit = clips["label"].to_numpy(), pd.factorize(clips["unit"])[0]
    same = units.linked(clips, copies[copies["kind"] == "exact"], [])
    apart = {"artist_folds": unit, "fault_filtered": units.linked(clips, copies, [])}.get(p.protocol)
    drawn, messages = [], partition.messages()
    for k, listed in enumerate(partition.folds):
        parts = draw.once(listed, same, labels)
        gone = clips.loc[parts != listed, "clip_id"].tolist()
        messages += [f"fold {k}: left out, as an exact copy stands elsewhere: {caveats.some(gone)}"] if gone else []
        if apart is not None:
            parts, n = draw.held_apart(parts, apart)
            messages += [f"fold {k}: left out, as their recording or artist is tested on: {n}"] if n else []
        drawn.append(draw.with_valid(parts, labels, unit, p.valid_share, np.random.default_rng([p.seed, k])))
    said = caveats.doubtful(clips, same, drawn)
    if p.protocol == "fault_filtered":
        said += caveats.linked(unit, drawn)
        artist, _ = given.gtzan_artists(clips)
        clips = clips.assign(group=clips["group"].where(artist == "", artist))
    rows = _rows(clips, drawn)
    in_no_part = (rows.filter(like="fold") == "").all(axis=1)
    rows = rows[(clips["excluded"] == "") | ~in_no_part]
    return Split(rows, messages, said, partition.n_listed, partition.n_found)


def _rows(clips: pd.DataFrame, parts: list[np.ndarray]) -> pd.DataFrame:
    return clips[splits_csv.CLIP].assign(**{f"fold{k}": part for k, part in enumerate(parts)})


def _refuse_unusable(rows: pd.DataFrame, is_given: bool, p: Protocol, may_lack_test: bool) -> None:
    """Raise UserError for an empty part, a class without training clips, or a validation part that can rank nothing."""
    classes = splits_csv.classes(rows)
    for k in splits_csv.numbers(rows):
        labels = {part: rows.loc[rows[f"fold{k}"] == part, "label"] for part in ("train", "valid", "test")}
        empty = [part for part in labels if labels[part].empty and not (part == "test" and may_lack_test)]
        if empty:
            has = ", ".join(f"{part} {len(of_part)}" for part, of_part in labels.items() if len(of_part))
            why = (
                f"of the parts as they are given, it has {has}; state those of more clips, or draw parts at random "
                "(splits.protocol: holdout or kfold)"
                if is_given
                else f"it has {has}, as classes have too few clips or groups to share out; {_mend(empty[0], p)}, or add clips"
            )
            raise UserError(f"fold {k} has no {empty[0]} clip; {why}")
        splits_csv.check_trainable(labels["train"], k, classes)
        if labels["valid"].nunique() == 1:
            raise UserError(
                f"fold {k} validates on {counted(len(labels['valid']), 'clip')} of one class, {labels['valid'].iloc[0]!r}, which can "
                f"rank no model and choose no epoch; add clips or groups of the other classes, or {_mend('valid', p)}"
            )


def _mend(part: str, p: Protocol) -> str:
    ways = (way for way in MEND[part] if way.rpartition(".")[2] in {"valid_share", *p.options})
    return joined(ways, "or")
