"""Leaks: clips, groups, exact and near copies that cross from one part of a split to another."""

import pandas as pd

from dalsegno.artefacts.learning import pieces, splits_csv
from dalsegno.pipeline.errors import UserError, abridged, counted

KINDS = ("clip", "group", "exact copy", "near copy")
_SHOWN = 20


def check(splits: pd.DataFrame, copies: pd.DataFrame) -> pd.DataFrame:
    """Everything that is in more than one of train, valid and test: columns fold, kind, what, parts; one row per leak.

    splits: rows of splits.csv. copies: rows of clip_id_a, clip_id_b, kind (exact, near).
    """
    clip = splits["clip_id"].map(pieces.clip_of)
    crossings = [pd.DataFrame(columns=["fold", "kind", "what", "parts"])]
    for fold in splits_csv.numbers(splits):
        part = splits[f"fold{fold}"]
        used = part.isin(["train", "valid", "test"])
        own, group, part = clip[used], splits.loc[used, "group"], part[used]
        crossing = {"clip": _crossing(own, part), "group": _crossing(group[group != ""], part[group != ""])}
        in_part = pd.DataFrame({"clip": own, "part": part}).drop_duplicates()
        for kind, sign in (("exact", "="), ("near", "~")):
            pairs = copies.loc[copies["kind"] == kind, ["clip_id_a", "clip_id_b"]]
            pairs = pairs.assign(what=pairs["clip_id_a"] + f" {sign} " + pairs["clip_id_b"])
            pairs = pairs[pairs["clip_id_a"].isin(in_part["clip"]) & pairs["clip_id_b"].isin(in_part["clip"])]
            both = pairs.melt("what", ["clip_id_a", "clip_id_b"], value_name="clip").merge(in_part, on="clip")
            crossing[f"{kind} copy"] = _crossing(both["what"], both["part"])
        crossings += [
            pd.DataFrame({"fold": fold, "kind": kind, "what": c.index, "parts": c.to_numpy()})
            for kind, c in crossing.items()
            if len(c)
        ]
    return pd.concat(crossings, ignore_index=True)


def counts(crossings: pd.DataFrame) -> dict[str, int]:
    """How many clips, groups and pairs of copies leak, in however many folds each of them does."""
    return {kind: int(crossings.loc[crossings["kind"] == kind, "what"].nunique()) for kind in KINDS}


def spoil(crossings: pd.DataFrame, splits: pd.DataFrame) -> bool:
    """Whether something of what is scored was trained on: of the test part, or of validation where there is no test part.

    Overlap between validation and test alone, as in NSynth's own split, can only affect which epoch is kept, so it does not count.
    """
    return any({"train", splits_csv.scored_part(splits)} <= set(parts.split(" and ")) for parts in crossings["parts"])


def refuse(crossings: pd.DataFrame) -> None:
    """Raise UserError with the first leaks and their number, if there are any."""
    if crossings.empty:
        return
    number = ", ".join(counted(n, kind) for kind, n in counts(crossings).items() if n)
    lines = [f"fold {r.fold}: {r.kind} {r.what} is in {r.parts}" for r in crossings.itertuples()]
    raise UserError(
        f"the split leaks: {number} in more than one part\n  " + "\n  ".join(abridged(lines, _SHOWN)) + "\n"
        "Mend the lists or the groups, or take a protocol that keeps them together (splits.protocol: kfold or holdout "
        "with splits.grouped: true); to go on all the same, give the reason in splits.allow_leaks"
    )


def _crossing(key: pd.Series, part: pd.Series) -> pd.Series:
    """The parts, in words, of each key that is in more than one."""
    pairs = pd.DataFrame({"key": key.to_numpy(), "part": part.to_numpy()}).drop_duplicates()
    pairs = pairs[pairs["key"].duplicated(keep=False)]
    order = pairs["part"].map({"train": 0, "valid": 1, "test": 2})
    return pairs.assign(order=order).sort_values(["key", "order"]).groupby("key")["part"].agg(" and ".join)
