"""Remarks on a data set as a whole: what is odd about it, though no reason to leave a clip out."""

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

import pandas as pd

from dalsegno.clips import gtzan_csv

FEW = 10  # clips; a class with fewer is hard to split and harder to measure


def on_data_set(used: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield (subject, "kind: explanation") for the usable clips `used`, rows of clips.csv."""
    labelled = used[used["label"] != ""]
    for label, n in Counter(labelled["label"]).items():
        if n < FEW:
            yield f"class {label}", f"few clips: {n}"
    for group, labels in labelled[labelled["group"] != ""].groupby("group")["label"]:
        if labels.nunique() > 1:
            yield f"group {group}", f"group spans labels: {', '.join(sorted(set(labels)))}"
    artists = labelled["path"].map(lambda path: gtzan_csv.artist(PurePosixPath(path)))
    if n := int(((artists == labelled["group"]) & (artists != "")).sum()):
        yield "groups", f"published artists: {n} of {len(labelled)} clips are named as GTZAN's are and have its artists"
    yield from _unusual(used, "sample_rate_hz", "unusual rate", "Hz")
    yield from _unusual(used, "channels", "unusual channels", "channel(s)")


def _unusual(used: pd.DataFrame, column: str, heading: str, unit: str) -> Iterator[tuple[str, str]]:
    """Clips that differ in `column` from what most clips have."""
    known = used[used[column].notna()]
    if known.empty:
        return
    usual = known[column].mode()[0]
    others = known[known[column] != usual]
    for clip_id, value in zip(others["clip_id"], others[column], strict=True):
        yield clip_id, f"{heading}: {value} {unit}, most clips have {usual}"
