"""Examine a data set: list its clips, decode each once, name what is wrong, find copies, and build the manifest."""

from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unicodedata import category

import pandas as pd

from dalsegno.artefacts import clips_csv
from dalsegno.clips import folder, inspect_audio, inspect_picture, listing, remarks
from dalsegno.clips.copies import search
from dalsegno.clips.dataset import Clip, Params
from dalsegno.pipeline import progress, runtime
from dalsegno.pipeline.errors import UserError


@dataclass(frozen=True)
class Examination:
    """What the doctor found in a data set."""

    about: dict[str, Any]  # title, synthetic
    clips: pd.DataFrame  # the manifest, every file of the data set
    copies: pd.DataFrame  # copies.COLUMNS: pairs of clips with the same recording
    remarks: pd.DataFrame  # about, remark: what is odd but no reason to leave a clip out
    n_left_out: int  # clips of classes that dataset.leave_out names

    def summary(self) -> dict[str, Any]:
        """The counts, for metrics/clips.json."""
        used = clips_csv.usable(self.clips)
        reasons = self.clips.loc[self.clips["excluded"] != "", "excluded"]
        across = search.across_classes(self.copies, self.clips)
        return {
            **self.about,
            "files": len(self.clips),
            "used": len(used),
            "unlabelled": int((used["label"] == "").sum()),
            "left_out": self.n_left_out,
            "hours": float(used["duration_s"].sum()) / 3600,
            "excluded": dict(sorted(Counter(reasons.map(kind)).items())),
            "copies": {k: int((self.copies["kind"] == k).sum()) for k in ("exact", "near")} | {"across": len(across)},
            "remarks": dict(sorted(Counter(self.remarks["remark"].map(kind)).items())),
            "labels": dict(sorted(Counter(used.loc[used["label"] != "", "label"]).items())),
        }


def kind(reason: str) -> str:
    """`too short: 0.1 s` → `too_short`."""
    return reason.split(":")[0].replace(" ", "_")


def examine(root: Path, p: Params, r: runtime.Runtime) -> Examination:
    """Examine every file of the data set at `root`.

    Raises UserError if the data set is not there, if nothing in it can be used, or, with `on_fault: fail`, if anything
    in it cannot.
    """
    listed, n_left_out = listing.listing(root, p)
    look = partial(_look, root=root, min_duration_s=p.min_duration_s, charted=p.near_copies)
    facts = list(runtime.map(look, listed, len(listed), r, "examine clips", "file"))
    table = _table(root, listed, facts)
    found = search.exclude_exact(table)
    _refuse_faults(table, p)
    if p.near_copies:
        near = search.near(table, [c.path for c in listed], [f.chart for f in facts], r)
        found = (
            pd.concat([found, near], ignore_index=True) if len(found) and len(near) else near if len(near) else found
        )
    own = [(clip.id, remark) for clip, f in zip(listed, facts, strict=True) for remark in f.remarks if not f.fault]
    odd = pd.DataFrame(own + list(remarks.of(clips_csv.usable(table))), columns=["about", "remark"], dtype=str)
    return Examination(listing.about(root), table, found, odd, n_left_out)


def report(examination: Examination) -> None:
    """Print what is excluded and why, by kind, with the first clip of each; copies; and how many remarks there are."""
    found, used = examination.clips, clips_csv.usable(examination.clips)
    progress.say(f"{len(used)} of {len(found)} files can be used, in {len(set(used['label']) - {''})} classes")
    faulty = found[found["excluded"] != ""]
    for name, rows in faulty.groupby(faulty["excluded"].map(kind)):
        first = rows.iloc[0]
        progress.say(f"  {len(rows):6d} {name}: {first['path']!r}, {first['excluded'].split(': ', 1)[1]}")
    near = examination.copies[examination.copies["kind"] == "near"]
    for pair in near.head(1).itertuples():
        progress.say(f"  {len(near):6d} near copies, used all the same: {pair.clip_id_a} ~ {pair.clip_id_b}")
    for name, rows in examination.remarks.groupby(examination.remarks["remark"].map(kind)):
        first = rows.iloc[0]
        progress.say(f"  {len(rows):6d} remarks, {name}: {first['about']}, {first['remark'].split(': ', 1)[1]}")


def _look(clip: Clip, root: Path, min_duration_s: float, charted: bool) -> inspect_audio.Facts:
    fault = inspect_audio.name_fault(clip.path.relative_to(root)) or clip.fault
    if fault:
        return inspect_audio.Facts(fault=fault)
    if clip.path.suffix.lower() in folder.PICTURE:
        return inspect_picture.look(clip.path, charted)
    return inspect_audio.look(clip.path, min_duration_s, charted)


def _table(root: Path, listed: list[Clip], facts: list[inspect_audio.Facts]) -> pd.DataFrame:
    rows = [
        (c.id, _shown(c.path.relative_to(root)), _text(c.label), _text(c.group), c.split or "",
         f.duration_s, f.sample_rate_hz, f.channels, f.sha256, f.fault)
        for c, f in zip(listed, facts, strict=True)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=clips_csv.COLUMNS)
    whole = {"sample_rate_hz": "Int64", "channels": "Int64", "duration_s": float}
    return table.astype({**dict.fromkeys(clips_csv.TEXT, str), **whole})


def _refuse_faults(table: pd.DataFrame, p: Params) -> None:
    faulty = table[table["excluded"] != ""]
    lines = [f"  {row.path!r}: {row.excluded}" for row in faulty.head(20).itertuples()]
    lines += [f"  … and {len(faulty) - 20} more"] if len(faulty) > 20 else []
    if len(faulty) == len(table):
        raise UserError("no file of the data set can be used:\n" + "\n".join(lines))
    if p.on_fault == "fail" and len(faulty):
        raise UserError(f"{len(faulty)} files are faulty and dataset.on_fault is 'fail':\n" + "\n".join(lines))


def _shown(relative: Path) -> str:
    """The path as text that every reader can take; a path that this changes is excluded for its name."""
    return _text(relative.as_posix())


def _text(name: str | None) -> str:
    escaped = (name or "").encode("utf-8", "backslashreplace").decode()
    return "".join(c.encode("unicode_escape").decode() if category(c) == "Cc" else c for c in escaped)
