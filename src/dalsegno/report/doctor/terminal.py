"""The findings of the doctor as lines on the terminal."""

from collections.abc import Iterable, Iterator

import pandas as pd

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.clips.examine import Examination
from dalsegno.clips.whole import limits
from dalsegno.pipeline import progress
from dalsegno.pipeline.errors import abridged, counted, quoted
from dalsegno.report.doctor import tables


def report(examination: Examination, n_shown: int | None) -> None:
    """Print the files left out, near copies and remarks by kind, `n_shown` of each (None: all), and what they can show."""
    clips, used = examination.clips, clips_csv.usable(examination.clips)
    progress.say(f"{len(used):,} of {counted(len(clips), 'file')} can be used: {_classes(used)}")
    for line in examination.limits():
        progress.say(f"  ! {line}")
    grouping = examination.grouping()
    if grouping["n"]:
        progress.say(f"groups: {grouping['source_in_words']} ({tables.counted_groups(grouping)})")
    for kind, rows in _by_kind(clips[clips["excluded"] != ""], "excluded"):
        _list(f"{len(rows):6,} left out, {kind}", map(repr, rows["path"]), map(_explanation, rows["excluded"]), n_shown)
    near = tables.copies(clips, examination.copies[examination.copies["kind"] == "near"])
    if len(near):
        heading = f"{_counted(len(near), 'near copy')}, used all the same"
        _list(heading, near["file"], near["is a copy of"], n_shown, " ~ ")
    linked = tables.across_groups(clips, examination.copies)
    if len(linked):
        pairs = linked["file"] + " ~ " + linked["is a copy of"]
        both = linked["links group"].map(quoted) + " and " + linked["with group"].map(quoted)
        _list(f"{_counted(len(linked), 'pair')} of groups linked by copies", both, pairs, n_shown, ": ")
    for kind, rows in _by_kind(tables.remarks(clips, examination.remarks), "remark"):
        subjects = rows["about"].map(lambda about: "" if about == "files" else f"{about}: ")
        _list(f"{_counted(len(rows), 'remark')}, {kind}", subjects, map(_explanation, rows["remark"]), n_shown, "")
    for line in examination.evidence().lines():
        progress.say(line)


def _counted(n: int, noun: str) -> str:
    """`counted`, with numbers of up to six characters one below another."""
    number, named = counted(n, noun).split(" ", 1)
    return f"{number:>6} {named}"


def _by_kind(rows: pd.DataFrame, column: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """The rows of each kind, which is what stands before the colon in `column`."""
    yield from rows.groupby(rows[column].str.split(":").str[0])


def _classes(used: pd.DataFrame) -> str:
    """`20 of a, 12 of b; 4 to predict`: the usable clips by class."""
    n_by_label = used["label"].value_counts().sort_index()
    n_unlabelled = int(n_by_label.pop("")) if "" in n_by_label else 0
    classes = f"{counted(len(n_by_label), 'class')}, {limits.named(n_by_label.to_dict())}"
    return classes + (f"; {n_unlabelled:,} without a label, to predict" if n_unlabelled else "")


def _explanation(reason: str) -> str:
    """`too short: 0.1 s` → `0.1 s`."""
    return reason.split(": ", 1)[1]


def _list(
    heading: str, subjects: Iterable[str], explanations: Iterable[str], n_shown: int | None, sign: str = ", "
) -> None:
    """Print a heading and, below it, a line for each of the first `n_shown` subjects."""
    lines = [f"{subject}{sign}{explanation}" for subject, explanation in zip(subjects, explanations, strict=True)]
    progress.say(f"  {heading}: {lines[0]}" if len(lines) == 1 else f"  {heading}:")
    for line in abridged(lines, n_shown or len(lines)) if len(lines) > 1 else []:
        progress.say(f"         {line}")
