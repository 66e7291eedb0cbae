"""Remarks on a data set as a whole: what is odd about it, though no reason to leave a clip out."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from unicodedata import normalize

import pandas as pd

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.clips import entry, gtzan_csv
from dalsegno.clips.dataset import Params
from dalsegno.clips.tree import formats, layout, walk
from dalsegno.clips.whole import limits
from dalsegno.pipeline.errors import counted, quoted
from dalsegno.sound import excerpt

TEXT = frozenset({".csv", ".json", ".jsonl", ".md", ".parquet", ".tsv", ".txt", ".yaml", ".yml"})
"""Suffixes of what stands beside clips in data sets."""
FEW = 10  # clips; a class with fewer is hard to split and harder to measure


def on_data_set(clips: pd.DataFrame, p: Params, unused: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Yield (subject, "kind: explanation") for `clips`, all rows of clips.csv. unused: clips that the run was told not to use."""
    used = clips_csv.usable(clips)
    yield from (
        ("files", f"other format: {line}") for line in formats.conversions(Path(p.root), map(Path, clips["path"]))
    )
    if passed_over := _passed_over(Path(p.root), clips, unused):
        yield "files", f"passed over: {passed_over}, which are not clips of this data set"
    labelled = used[used["label"] != ""]
    yield from _on_classes(clips, labelled)
    yield from _on_groups(labelled, p)
    yield from _unusual(used, "sample_rate_hz", "unusual rate", "Hz")
    yield from _unusual(used, "channels", "unusual channels", "channel")


def _passed_over(root: Path, clips: pd.DataFrame, unused: Iterable[Path]) -> str:
    """The files in folders below `root` that nothing else is said of, by suffix; empty if there are none."""
    listed = {excerpt.place(path)[0] for path in [*(root / path for path in clips["path"]), *unused]}
    known = TEXT | formats.FOREIGN
    inside = [path for folder in walk.folders(root) if folder not in listed for path in walk.files(folder)]
    new = [path for path in inside if path not in listed and path.suffix.lower() not in known]
    return formats.census(path for path in new if not entry.name_fault(path.relative_to(root)))


def _on_classes(clips: pd.DataFrame, labelled: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Classes with few clips or none, and names that look alike or like a part's."""
    for label, n in Counter(labelled["label"]).items():
        if n < FEW:
            yield f"class {quoted(label)}", f"few clips: {n}"
    for label in sorted(set(clips["label"]) - set(labelled["label"]) - {""}):
        yield f"class {quoted(label)}", f"no clips: {_unusable(clips[clips['label'] == label])}"
    yield from _alike(labelled["label"], "class", "similar classes")
    folders = labelled["path"].str.split("/").str[0]
    same = folders.map(lambda folder: normalize("NFC", folder)) == labelled["label"]
    for label, spelt in folders[same].groupby(labelled["label"]):
        if spelt.nunique() > 1:
            yield (
                f"class {quoted(label)}",
                f"similar classes: {spelt.nunique()} folders have this name in different Unicode, and are one",
            )
    inner = (
        labelled["path"]
        .str.split("/")
        .str[1:-1]
        .str[0]
        .groupby(labelled["label"])
        .agg(lambda names: set(names.dropna()))
    )
    if len(inner) > 1 and len(inner.iloc[0]) > 1 and all(names == inner.iloc[0] for names in inner):
        named = ", ".join(sorted(inner.iloc[0])[:FEW])
        yield (
            "classes",
            f"same folders: each class holds the folders {named}; are these the classes, and the root too high?",
        )
    for label in sorted(set(labelled["label"])):
        if part := layout.part_of(label):
            yield f"class {quoted(label)}", f"named like a part: like {part} of a data set"


def _unusable(entries: pd.DataFrame) -> str:
    """Why a class of these rows, all of them left out, has no clip; the row of an empty folder is no file of it."""
    n = int((~entries["excluded"].str.startswith("empty class")).sum())
    if n == 0:
        return "its folder holds no audio file"
    return "its only file cannot be used" if n == 1 else f"none of its {n:,} files can be used"


def _on_groups(labelled: pd.DataFrame, p: Params) -> Iterator[tuple[str, str]]:
    """Groups that span classes, look alike, come from GTZAN's artists, or are missing."""
    grouped = labelled[labelled["group"] != ""]
    if p.allow_ungrouped and len(grouped) < len(labelled):
        n = len(labelled) - len(grouped)
        yield "groups", f"ungrouped: {n} of {len(labelled)} clips have no group; allowed: {p.allow_ungrouped}"
    yield from _alike(grouped["group"], "group", "similar groups")
    for group, labels in grouped.groupby("group")["label"]:
        if labels.nunique() > 1:
            yield f"group {quoted(group)}", f"group spans labels: {', '.join(map(quoted, sorted(set(labels))))}"
    published = labelled["path"].map(lambda path: gtzan_csv.group(PurePosixPath(path)))
    if n := int(((published == labelled["group"]) & (published != "")).sum()):
        yield "groups", f"published artists: {n} of {len(labelled)} clips are named as GTZAN's are and have its artists"


def _alike(names: pd.Series, noun: str, heading: str) -> Iterator[tuple[str, str]]:
    """Names that differ only in case, blanks and the like, or the form of Unicode."""
    spellings = pd.Series(sorted(set(names)), dtype=object)
    for _, same in spellings.groupby(spellings.map(layout.bare)):
        if len(same) > 1:
            yield (
                f"{noun} {quoted(same.iloc[0])}",
                f"{heading}: {', '.join(map(quoted, same))} differ only in case, blanks or the form of letters",
            )


def _unusual(used: pd.DataFrame, column: str, heading: str, unit: str) -> Iterator[tuple[str, str]]:
    """Clips that differ in `column` from what most clips have: one by one if they are few, else how many of each class."""
    known = used[used[column].notna()]
    if known.empty:
        return
    usual = known[column].mode()[0]
    said = f"{'most clips have' if (known[column] == usual).mean() > 0.5 else 'the most common is'} {usual}"
    for value, others in known[known[column] != usual].groupby(column):
        differ = f"{heading}: {f'{value} Hz' if unit == 'Hz' else counted(value, unit)}"
        if len(others) < FEW:
            yield from ((clip_id, f"{differ}, {said}") for clip_id in others["clip_id"])
        else:
            n_by_label = others["label"].value_counts().sort_index()
            where = f"{len(others)} of {len(known)} clips, of {limits.named(n_by_label.to_dict())}"
            yield "files", f"{differ} in {where}; {said}"
