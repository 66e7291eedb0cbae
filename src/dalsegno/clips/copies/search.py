"""Find clips that hold the same recording: exact copies (the same decoded samples) and near copies."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dalsegno.artefacts.data_set import clips_csv, copies_csv
from dalsegno.clips.copies import by_chart, by_waveform, chart
from dalsegno.clips.copies.neighbours import neighbours
from dalsegno.pipeline import runtime
from dalsegno.pipeline.errors import quoted


@dataclass(frozen=True)
class Method:
    """How two clips are compared, and which pairs are worth it."""

    similarity: Callable[[Any, Any], float]  # of two clips; 0 if they are not copies of each other
    radius_db: float  # between the clips' summaries, beyond which they are not compared
    n_neighbours: int  # the clips nearest to each that are compared with it


LONG = Method(by_chart.similarity, by_chart.RADIUS_DB, by_chart.NEIGHBOURS)
NOTES = Method(by_waveform.similarity, by_waveform.RADIUS_DB, by_waveform.NEIGHBOURS)


def exclude_exact(table: pd.DataFrame) -> pd.DataFrame:
    """Exclude, in place, each labelled clip that equals an earlier labelled one; the pairs, as copies_csv.COLUMNS.

    Where their labels differ, all of them are excluded, as nobody knows which label is right. An unlabelled clip stays: a
    prediction of it is asked for, copy or not.
    """
    pairs = []
    usable = table[table["excluded"] == ""].sort_values("label", key=lambda label: label == "", kind="stable")
    for _, same in usable.groupby("sha256", sort=False):
        original, *others = same.itertuples()
        pairs += [(original.clip_id, row.clip_id, "exact", 1.0) for row in others]
        across = same.loc[same["label"] != "", "label"].nunique() > 1
        for row in same[same["label"] != ""].itertuples() if across else [row for row in others if row.label]:
            other = next(o for o in same.itertuples() if o.label not in ("", row.label)) if across else original
            labelled = f", which is labelled {quoted(other.label)}" if across else ""
            table.loc[row.Index, "excluded"] = f"{clips_csv.EXACT_COPY}: of {other.path}{labelled}"
    return pd.DataFrame(pairs, columns=copies_csv.COLUMNS)


def near(table: pd.DataFrame, paths: list[Path], charts: list[chart.Chart | None], r: runtime.Runtime) -> pd.DataFrame:
    """Near copies among the different recordings of `table`, as copies_csv.COLUMNS; `paths` and `charts` go as its rows."""
    decoded = table["clip_id"].isin(clips_csv.with_copies(table)["clip_id"])
    different = np.flatnonzero(decoded & ~table["sha256"].where(decoded, table["clip_id"]).duplicated())
    known = {int(i): clip for i in different if (clip := charts[i]) is not None}
    long = {i: c.levels for i, c in known.items() if len(c.levels) >= chart.NOTE_FRAMES or not len(c.tones)}
    notes = {i: by_waveform.Note(paths[i], c.levels) for i, c in known.items() if len(c.tones)}
    pairs = _search(long, [by_chart.summary(levels) for levels in long.values()], LONG, r)
    pairs |= _search(notes, [known[i].tones for i in notes], NOTES, r)
    names = table["clip_id"].to_numpy()
    return pd.DataFrame(
        [(names[i], names[j], "near", s) for (i, j), s in sorted(pairs.items())], columns=copies_csv.COLUMNS
    )


def _search(
    clips: dict[int, Any], summaries: list[np.ndarray], method: Method, r: runtime.Runtime
) -> dict[tuple[int, int], float]:
    """Similarity of each pair of rows in `clips` whose summaries are near and which `method` then takes for copies."""
    if len(clips) < 2:
        return {}
    rows = list(clips)
    near = list(neighbours(np.array(summaries, np.float32), method.radius_db, method.n_neighbours, r.workers))
    if not near:
        return {}
    jobs = ((clips[rows[i]], [clips[rows[j]] for j in others]) for i, others in near)
    compared = runtime.map(partial(_compare, method.similarity), jobs, len(near), r, "compare clips")
    return {
        (rows[i], rows[j]): round(similarity, 4)
        for (i, others), similarities in zip(near, compared, strict=True)
        for j, similarity in zip(others, similarities, strict=True)
        if similarity
    }


def _compare(similarity: Callable[[Any, Any], float], job: tuple[Any, list[Any]]) -> list[float]:
    """Similarity of a clip to each of others."""
    one, others = job
    return [similarity(one, other) for other in others]


def across_classes(pairs: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Those `pairs` of copies whose clips are labelled differently, with columns label_a and label_b."""
    label = table.set_index("clip_id")["label"]
    both = pairs.assign(label_a=pairs["clip_id_a"].map(label), label_b=pairs["clip_id_b"].map(label))
    return both[(both["label_a"] != both["label_b"]) & (both["label_a"] != "") & (both["label_b"] != "")]
