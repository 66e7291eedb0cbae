"""Clips that hold the same recording: exact copies (the same decoded samples) and near ones."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from dalsegno.artefacts import copies_csv
from dalsegno.clips.copies import by_chart, by_waveform, chart
from dalsegno.pipeline import runtime


def exclude_exact(table: pd.DataFrame) -> pd.DataFrame:
    """Exclude, in place, each labelled clip that equals an earlier labelled one; the pairs, as copies_csv.COLUMNS.

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
    return pd.DataFrame(found, columns=copies_csv.COLUMNS)


def near(table: pd.DataFrame, paths: list[Path], charts: list[chart.Chart | None], r: runtime.Runtime) -> pd.DataFrame:
    """Near copies among the usable clips of `table`, whose files and charts are in the same order; the pairs, as copies_csv.COLUMNS."""
    different = (table["excluded"] == "") & ~table["sha256"].duplicated()
    rows = [i for i in np.flatnonzero(different) if charts[i] is not None]
    long = {i: charts[i].levels for i in rows if len(charts[i].levels) >= chart.NOTE_FRAMES or not len(charts[i].tones)}
    notes = {i: by_waveform.Note(paths[i], charts[i].levels) for i in rows if len(charts[i].tones)}
    found = _search(long, [by_chart.summary(levels) for levels in long.values()], by_chart, r)
    found |= _search(notes, [charts[i].tones for i in notes], by_waveform, r)
    names = table["clip_id"].to_numpy()
    return pd.DataFrame(
        [(names[i], names[j], "near", s) for (i, j), s in sorted(found.items())], columns=copies_csv.COLUMNS
    )


def _search(
    clips: dict[int, Any], summaries: list[np.ndarray], method: ModuleType, r: runtime.Runtime
) -> dict[tuple[int, int], float]:
    """Correlation of each pair of `clips` whose summaries are near and which `method` then takes for copies."""
    if len(clips) < 2:
        return {}
    rows = list(clips)
    near = list(chart.neighbours(np.array(summaries, np.float32), method.RADIUS_DB, method.NEIGHBOURS))
    jobs = ((clips[rows[i]], [clips[rows[j]] for j in others]) for i, others in near)
    alike = runtime.map(partial(_compare, method.alike), jobs, len(near), r, "compare clips")
    return {
        (rows[i], rows[j]): round(s, 4)
        for (i, others), ss in zip(near, alike, strict=True)
        for j, s in zip(others, ss, strict=True)
        if s
    }


def _compare(alike: Callable[[Any, Any], float], job: tuple[Any, list[Any]]) -> list[float]:
    one, others = job
    return [alike(one, other) for other in others]


def across_classes(found: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """The pairs of `found` whose clips are labelled differently, with columns label_a and label_b."""
    label = table.set_index("clip_id")["label"]
    both = found.assign(label_a=found["clip_id_a"].map(label), label_b=found["clip_id_b"].map(label))
    return both[(both["label_a"] != both["label_b"]) & (both["label_a"] != "") & (both["label_b"] != "")]
