"""Training clips that may explain an answer: copies of the clip, pieces of it, and clips of its group."""

from collections import defaultdict
from dataclasses import dataclass

import pandas as pd

from dalsegno.artefacts.learning import pieces
from dalsegno.pipeline.errors import quoted


@dataclass(frozen=True)
class Relatives:
    """A sentence on what was trained on, and how many of those clips have each label."""

    words: str
    labels: dict[str, int]


class Family:
    """Finds the relatives of scored clips among the training clips of the folds in which they are scored."""

    def __init__(self, splits: pd.DataFrame, copies: pd.DataFrame, scored: pd.DataFrame) -> None:
        """splits, copies: as read from their files. scored: `rows` of held_out.Scored."""
        self.splits = splits.set_index("clip_id", drop=False)
        self.fold = scored.groupby("clip_id")["fold"].min().to_dict()
        self.copies: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for row in copies.itertuples():
            self.copies[row.clip_id_a].append((row.clip_id_b, row.kind))
            self.copies[row.clip_id_b].append((row.clip_id_a, row.kind))
        self.trained = {k: splits[splits[f"fold{k}"] == "train"] for k in set(self.fold.values())}
        self.by_group = {k: dict(list(rows.groupby("group"))) for k, rows in self.trained.items()}
        self.by_clip = {k: _by_clip(rows) for k, rows in self.trained.items()}

    def of(self, item: str) -> list[Relatives]:
        """What the models that are scored on `item` may have known of it; of several folds, the first."""
        fold, clip = self.fold[item], pieces.clip_of(item)
        found = []
        own = self.by_clip[fold].get(clip, [])
        if own:
            found.append(Relatives(_counted(len(own), "other piece", "of this clip"), _labels(own)))
        for other, kind in self.copies[clip]:
            found += [
                Relatives(f"{_article(kind)} copy of it, {name}, labelled {quoted(label)}, was trained on", {label: 1})
                for name, label in self.by_clip[fold].get(other, [])[:1]
            ]
        group = self.splits.at[item, "group"]
        rows = self.by_group[fold].get(group) if group else None
        if rows is not None:
            clips = list(zip(rows["clip_id"], rows["label"], strict=True))
            found.append(Relatives(_counted(len(clips), "clip", f"of its group, {quoted(group)},"), _labels(clips)))
        return found


def _by_clip(rows: pd.DataFrame) -> dict[str, list[tuple[str, str]]]:
    """(id, label) of the training items that are, or are pieces of, each clip."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for item, label in zip(rows["clip_id"], rows["label"], strict=True):
        found[pieces.clip_of(item)].append((item, label))
    return dict(found)


def _labels(items: list[tuple[str, str]]) -> dict[str, int]:
    return pd.Series([label for _, label in items]).value_counts().sort_index().to_dict()


def _counted(n: int, what: str, whose: str) -> str:
    return f"1 {what} {whose} was trained on" if n == 1 else f"{n:,} {what}s {whose} were trained on"


def _article(kind: str) -> str:
    return "An exact" if kind == "exact" else f"A {kind}"
