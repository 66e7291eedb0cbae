"""The findings of the doctor as lines on the terminal."""

from collections.abc import Iterable, Iterator

import pandas as pd

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.clips.examine import Examination, metric_key
from dalsegno.pipeline import progress
from dalsegno.report.doctor import tables


def report(examination: Examination, n_shown: int | None) -> None:
    """Print the files left out, near copies and remarks by kind, `n_shown` of each (None: all), and what they can show."""
    clips, used = examination.clips, clips_csv.usable(examination.clips)
    progress.say(f"{len(used)} of {len(clips)} files can be used, in {len(set(used['label']) - {''})} classes")
    for line in examination.limits():
        progress.say(f"  ! {line}")
    grouping = examination.grouping()
    if grouping["n"]:
        counted = f"{grouping['n']} groups, {grouping['clips_without']} labelled clips in none"
        progress.say(f"groups: {grouping['source_in_words']} ({counted})")
    for key, rows in _by_kind(clips[clips["excluded"] != ""], "excluded"):
        _list(f"{len(rows):6d} {key}", map(repr, rows["path"]), map(_explanation, rows["excluded"]), n_shown)
    near = tables.copies(clips, examination.copies[examination.copies["kind"] == "near"])
    if len(near):
        _list(f"{len(near):6d} near copies, used all the same", near["file"], near["is a copy of"], n_shown, " ~ ")
    linked = tables.across_groups(clips, examination.copies)
    if len(linked):
        pairs = linked["file"] + " ~ " + linked["is a copy of"]
        both = linked["links group"].map(repr) + " and " + linked["with group"].map(repr)
        _list(f"{len(linked):6d} pairs of groups linked by copies", both, pairs, n_shown, ": ")
    for key, rows in _by_kind(tables.remarks(clips, examination.remarks), "remark"):
        _list(f"{len(rows):6d} remarks, {key}", rows["about"], map(_explanation, rows["remark"]), n_shown)
    for line in examination.evidence().lines():
        progress.say(line)


def _by_kind(rows: pd.DataFrame, column: str) -> Iterator[tuple[str, pd.DataFrame]]:
    yield from rows.groupby(rows[column].map(metric_key))


def _explanation(reason: str) -> str:
    """`too short: 0.1 s` → `0.1 s`."""
    return reason.split(": ", 1)[1]


def _list(
    heading: str, subjects: Iterable[str], explanations: Iterable[str], n_shown: int | None, sign: str = ", "
) -> None:
    """Print a heading and, below it, a line for each of the first `n_shown` subjects."""
    lines = [f"{subject}{sign}{explanation}" for subject, explanation in zip(subjects, explanations, strict=True)]
    shown = lines[:n_shown]
    progress.say(f"  {heading}: {shown[0]}" if len(lines) == 1 else f"  {heading}:")
    for line in shown if len(lines) > 1 else []:
        progress.say(f"         {line}")
    if len(lines) > len(shown):
        progress.say(f"         … and {len(lines) - len(shown)} more")
