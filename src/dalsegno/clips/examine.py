"""Examine a data set: list its clips, decode each once, name faults, find copies, and build the table of clips."""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unicodedata import category

import pandas as pd

from dalsegno.artefacts.data_set import clips_csv, sample_submission
from dalsegno.clips import entry, inspect_audio, inspect_picture, listing
from dalsegno.clips.copies import search
from dalsegno.clips.dataset import Clip, Params
from dalsegno.clips.groups import source
from dalsegno.clips.known import collections
from dalsegno.clips.whole import limits, remarks
from dalsegno.clips.whole.evidence import Evidence, weigh
from dalsegno.pipeline import runtime
from dalsegno.pipeline.errors import UserError, abridged, counted


@dataclass(frozen=True)
class Examination:
    """The doctor's findings on a data set."""

    root: Path
    description: dict[str, Any]  # title, synthetic
    clips: pd.DataFrame  # clips_csv.COLUMNS: every file of the data set
    copies: pd.DataFrame  # copies_csv.COLUMNS: pairs of clips with the same recording
    remarks: pd.DataFrame  # about, remark: oddities that are no reason to leave a clip out
    n_left_out: int  # clips of classes that dataset.leave_out names
    groups_from: str = "none"  # a key of groups.source.WORDS
    second_labels: dict[str, str] = field(default_factory=dict)  # of clips, where the data set labels them in two ways
    collection: dict[str, str] = field(default_factory=dict)  # name, title, licence, citation, source; empty: not known

    def evidence(self) -> Evidence:
        """How much the clips can show, before anything is trained."""
        return weigh(self.clips, self.copies)

    def limits(self) -> list[str]:
        """What the clips cannot show, in sentences that stand above all else."""
        return limits.limits(self.clips, str(self.root), self.evidence())

    def summary(self) -> dict[str, Any]:
        """The counts for metrics/clips.json: files, hours, clips per label, faults, copies and remarks by kind."""
        used = clips_csv.usable(self.clips)
        reasons = self.clips.loc[self.clips["excluded"] != "", "excluded"]
        across = search.across_classes(self.copies, self.clips)
        return {
            **self.description,
            "files": len(self.clips),
            "used": len(used),
            "unlabelled": int((used["label"] == "").sum()),
            "left_out": self.n_left_out,
            "hours": float(used["duration_s"].sum()) / 3600,
            "excluded": dict(sorted(Counter(reasons.map(metric_key)).items())),
            "copies": {kind: int((self.copies["kind"] == kind).sum()) for kind in ("exact", "near")}
            | {"across": len(across)},
            "remarks": dict(sorted(Counter(self.remarks["remark"].map(metric_key)).items())),
            "groups": self.grouping(),
            "limits": self.limits(),
            **({"collection": self.collection} if self.collection else {}),
            **({"second_labels": self.by_both_labels()} if self.second_labels else {}),
            "labels": dict(sorted(Counter(used.loc[used["label"] != "", "label"]).items())),
        }

    def by_both_labels(self) -> dict[str, dict[str, int]]:
        """Usable labelled clips of each class by their second label, which is empty where a clip has none."""
        used = clips_csv.usable(self.clips)
        used = used[used["label"] != ""]
        counts = pd.crosstab(used["label"], used["clip_id"].map(self.second_labels).fillna(""))
        return {str(label): {str(name): int(n) for name, n in row.items()} for label, row in counts.iterrows()}

    def grouping(self) -> dict[str, Any]:
        """Where the groups come from, how many there are, and how many usable labelled clips have none."""
        used = clips_csv.usable(self.clips)
        group = used.loc[used["label"] != "", "group"]
        return {
            "source": self.groups_from,
            "source_in_words": source.WORDS[self.groups_from],
            "n": int(group[group != ""].nunique()),
            "clips_without": int((group == "").sum()),
        }


def metric_key(reason: str) -> str:
    """The kind of a fault or remark, as a key of metrics: `too short: 0.1 s` → `too_short`."""
    return reason.split(":")[0].replace(" ", "_")


def examine(root: Path, p: Params, r: runtime.Runtime) -> Examination:
    """Examine every file of the data set at `root`.

    Raises UserError if the data set is not there, if nothing in it can be used, or, with `on_fault: fail`, if anything
    in it cannot.
    """
    found = listing.listing(root, p)
    listed = found.clips
    inspect = partial(_inspect, root=root, min_duration_s=p.min_duration_s, charted=p.near_copies)
    facts = list(runtime.map(inspect, listed, len(listed), r, "examine clips", "file"))
    listed, groups_from = source.grouped(root, listed, [f.tagged for f in facts], p)
    table = _table(root, listed, facts)
    copies = search.exclude_exact(table)
    _refuse_faults(table, p)
    if p.near_copies:
        near = search.near(table, [c.path for c in listed], [f.chart for f in facts], r)
        copies = pd.concat([pairs for pairs in (copies, near) if len(pairs)] or [copies], ignore_index=True)
    own = [(clip.id, remark) for clip, f in zip(listed, facts, strict=True) for remark in f.remarks if not f.fault]
    odd = [*own, *remarks.on_data_set(table, p, found.unused), *sample_submission.remarks(root, table)]
    odd = pd.DataFrame(odd, columns=["about", "remark"], dtype=str)
    return Examination(
        root,
        listing.description(root, p.title),
        table,
        copies,
        odd,
        found.n_left_out,
        groups_from,
        {clip.id: _printable(clip.second_label) for clip in listed if clip.second_label},
        collections.of(p.collection, p.name),
    )


def _inspect(clip: Clip, root: Path, min_duration_s: float, charted: bool) -> inspect_audio.Facts:
    """What one file is like, whether it is audio or a picture."""
    fault = entry.name_fault(clip.path.relative_to(root)) or clip.fault
    if fault:
        return inspect_audio.Facts(fault=fault)
    if clip.path.suffix.lower() in clips_csv.PICTURE:
        return inspect_picture.inspect(clip.path, charted)
    return inspect_audio.inspect(clip.path, min_duration_s, charted)


def _table(root: Path, listed: list[Clip], facts: list[inspect_audio.Facts]) -> pd.DataFrame:
    """One row per clip, columns clips_csv.COLUMNS; `facts` go as `listed`."""
    rows = [
        (c.id, _printable(c.path.relative_to(root).as_posix()), _printable(c.label), _printable(c.group), c.split or "",
         f.duration_s, f.sample_rate_hz, f.channels, f.sha256, f.fault)
        for c, f in zip(listed, facts, strict=True)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=clips_csv.COLUMNS)
    whole = {"sample_rate_hz": "Int64", "channels": "Int64", "duration_s": float}
    return table.astype({**dict.fromkeys(clips_csv.TEXT, str), **whole})


def _refuse_faults(table: pd.DataFrame, p: Params) -> None:
    """Raise UserError if nothing can be used, or with `on_fault: fail` if something cannot."""
    faulty = table[table["excluded"] != ""]
    shown = "\n  ".join(abridged([f"{row.path!r}: {row.excluded}" for row in faulty.itertuples()], 20))
    if len(faulty) == len(table):
        raise UserError(f"no file of the data set can be used:\n  {shown}")
    if p.on_fault == "fail" and len(faulty):
        raise UserError(f"{counted(len(faulty), 'faulty file')}, and dataset.on_fault is 'fail':\n  {shown}")


def _printable(name: str | None) -> str:
    """`name` with control characters and bytes that are not UTF-8 escaped; empty for None. A file whose path this changes is left out."""
    escaped = (name or "").encode("utf-8", "backslashreplace").decode()
    return "".join(c.encode("unicode_escape").decode() if category(c) == "Cc" else c for c in escaped)
