"""The tables of the doctor's page, with paths and times as people read them."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.clips.copies import search
from dalsegno.pipeline.duration import duration
from dalsegno.pipeline.errors import counted

NO_LABEL = "(no label)"


def counted_groups(grouping: Mapping[str, Any]) -> str:
    """How many groups there are, and how many labelled clips are in none, if any. grouping: as of `Examination.grouping`."""
    n_without = grouping["clips_without"]
    without = f", {counted(n_without, 'labelled clip')} in none" * bool(n_without)
    return f"{counted(grouping['n'], 'group')}{without}"


def classes(table: pd.DataFrame) -> pd.DataFrame:
    """A row per class: usable clips, their share of the labelled ones, their groups and length, if they last; files left out."""
    used = clips_csv.usable(table)
    by_label = used.groupby("label")
    counts = pd.DataFrame({"usable": by_label.size()})
    labelled = counts["usable"].drop("", errors="ignore").sum()
    counts["share"] = (counts["usable"] / max(1, labelled)).map("{:.1%}".format)
    counts["groups"] = used[used["group"] != ""].groupby("label")["group"].nunique()
    counts["length"] = by_label["duration_s"].sum().map(duration)
    excluded = table[table["excluded"] != ""].groupby("label").size().rename("left out")
    both = counts.join(excluded, how="outer").fillna({"usable": 0, "groups": 0, "left out": 0, "share": "0.0%"})
    both = both.fillna({"length": duration(0)}).astype({"usable": int, "groups": int, "left out": int})
    both.loc[both.index == "", "share"] = ""
    both = both if used["duration_s"].any() else both.drop(columns="length")
    return both.reset_index(names="class").replace({"class": {"": NO_LABEL}})


def published(table: pd.DataFrame) -> pd.DataFrame:
    """Usable clips by class and published part, where the data set states parts; else empty."""
    used = clips_csv.usable(table)
    stated = used[(used["split"] != "") & (used["label"] != "")]
    return pd.crosstab(stated["label"], stated["split"]).reset_index(names="class") if len(stated) else pd.DataFrame()


def by_both_labels(counts: dict[str, dict[str, int]]) -> pd.DataFrame:
    """A row per class, a column per second label, as `Examination.by_both_labels` counts them."""
    return pd.DataFrame.from_dict(counts, orient="index").rename(columns={"": NO_LABEL}).reset_index(names="class")


def formats(table: pd.DataFrame) -> pd.DataFrame:
    """Files by suffix, those that are not read as well."""
    suffix = table["path"].str.extract(r"(\.[A-Za-z0-9]{1,5})(?:#t=.*)?$")[0].str.lower().fillna("(none)")
    counts = pd.crosstab(suffix, (table["excluded"] == "").map({True: "usable", False: "left out"}))
    counts = counts.reindex(columns=["usable", "left out"], fill_value=0)
    return counts.reset_index(names="format")


def left_out(table: pd.DataFrame) -> pd.DataFrame:
    """The files that are not used, and why."""
    faulty = table.loc[table["excluded"] != "", ["path", "label", "excluded"]]
    kind = clips_csv.EXACT_COPY
    faulty["excluded"] = faulty["excluded"].str.replace(f"{kind}: of", f"{kind} of", n=1, regex=False)
    return faulty.rename(columns={"path": "file", "label": "class", "excluded": "because"})


def copies(table: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs of copies by their files; the first of an exact pair is the one that is left out."""
    path = table.set_index("clip_id")["path"]
    return pd.DataFrame(
        {
            "file": pairs["clip_id_b"].map(path),
            "is a copy of": pairs["clip_id_a"].map(path),
            "kind": pairs["kind"],
            "similarity": pairs["similarity"],
        }
    )


def across_classes(table: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs of copies with two labels."""
    across = search.across_classes(pairs, table)
    return copies(table, across).assign(class_1=across["label_b"], class_2=across["label_a"])


def across_groups(table: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs of copies in two groups, which they link: these go to one side of a split together."""
    group = table.set_index("clip_id")["group"]
    a, b = pairs["clip_id_a"].map(group), pairs["clip_id_b"].map(group)
    linked = copies(table, pairs).assign(**{"links group": b, "with group": a})
    return linked[(a != b) & (a != "") & (b != "")]


def remarks(table: pd.DataFrame, odd: pd.DataFrame) -> pd.DataFrame:
    """Remarks, those about a clip by its file."""
    path = table.set_index("clip_id")["path"]
    return odd.assign(about=odd["about"].map(path).fillna(odd["about"]))
