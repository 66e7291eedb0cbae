"""The findings of the doctor as lines on the terminal."""

from collections.abc import Iterator

import pandas as pd

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.clips.examine import Examination, metric_key
from dalsegno.pipeline import progress


def report(examination: Examination) -> None:
    """Print what is excluded and why, by kind, with the first file of each; near copies; and remarks, by kind."""
    clips, used = examination.clips, clips_csv.usable(examination.clips)
    progress.say(f"{len(used)} of {len(clips)} files can be used, in {len(set(used['label']) - {''})} classes")
    faulty = clips[clips["excluded"] != ""]
    for key, rows in _by_kind(faulty, "excluded"):
        first = rows.iloc[0]
        progress.say(f"  {len(rows):6d} {key}: {first['path']!r}, {_explanation(first['excluded'])}")
    near = examination.copies[examination.copies["kind"] == "near"]
    for pair in near.head(1).itertuples():
        progress.say(f"  {len(near):6d} near copies, used all the same: {pair.clip_id_a} ~ {pair.clip_id_b}")
    for key, rows in _by_kind(examination.remarks, "remark"):
        first = rows.iloc[0]
        progress.say(f"  {len(rows):6d} remarks, {key}: {first['about']}, {_explanation(first['remark'])}")


def _by_kind(rows: pd.DataFrame, column: str) -> Iterator[tuple[str, pd.DataFrame]]:
    yield from rows.groupby(rows[column].map(metric_key))


def _explanation(reason: str) -> str:
    """`too short: 0.1 s` → `0.1 s`."""
    return reason.split(": ", 1)[1]
