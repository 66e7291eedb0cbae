"""Clips that hold the same recording: exact copies (the same decoded samples) and near ones."""

import numpy as np
import pandas as pd

from dalsegno import fingerprint, runtime

COLUMNS = ["clip_id_a", "clip_id_b", "kind", "similarity"]


def exclude_exact(table: pd.DataFrame) -> pd.DataFrame:
    """Exclude, in place, each labelled clip that equals an earlier labelled one; the pairs, as COLUMNS.

    An unlabelled clip stays: a prediction of it is asked for, copy or not.
    """
    found, first = [], {}
    usable = table[table["excluded"] == ""].sort_values("label", key=lambda label: label == "", kind="stable")
    for row in usable.itertuples():
        original = first.setdefault(row.sha256, row)
        if original is row:
            continue
        found.append((original.clip_id, row.clip_id, "exact", 1.0))
        if row.label:
            across = f", which is labelled {original.label!r}" if original.label != row.label else ""
            table.loc[row.Index, "excluded"] = f"exact copy: of {original.clip_id}{across}"
    return pd.DataFrame(found, columns=COLUMNS)


def near(table: pd.DataFrame, charts: list[fingerprint.Chart | None], r: runtime.Runtime) -> pd.DataFrame:
    """Near copies among the usable clips of `table`, whose charts are in the same order; the pairs, as COLUMNS."""
    different = (table["excluded"] == "") & ~table["sha256"].duplicated()
    rows = [i for i in np.flatnonzero(different) if charts[i] is not None]
    names = table["clip_id"].to_numpy()[rows]
    pairs = fingerprint.pairs([charts[i] for i in rows], r) if len(rows) > 1 else []
    return pd.DataFrame([(names[i], names[j], "near", s) for i, j, s in pairs], columns=COLUMNS)


def across_classes(found: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """The pairs of `found` whose clips are labelled differently, with columns label_a and label_b."""
    label = table.set_index("clip_id")["label"]
    both = found.assign(label_a=found["clip_id_a"].map(label), label_b=found["clip_id_b"].map(label))
    return both[(both["label_a"] != both["label_b"]) & (both["label_a"] != "") & (both["label_b"] != "")]
