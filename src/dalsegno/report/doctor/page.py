"""What the doctor says of a data set, as a page for people."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.clips import examine
from dalsegno.pipeline.duration import duration
from dalsegno.report.doctor import pictures, tables
from dalsegno.report.layout import templates
from dalsegno.sound import pictures as drawn

SHOWN = 500  # rows of a table; the CSV files have all
DRAWN = 24  # classes of which a clip is drawn
NUMBERS = ("usable", "share", "groups", "left out", "length", "similarity")  # columns that are set flush right


def render(examination: examine.Examination, drawings: list[dict[str, Any]]) -> str:
    """The page as HTML; every name in it is escaped. drawings: those of `drawings`."""
    page = templates.template("doctor/page.html.j2")
    seconds = clips_csv.usable(examination.clips)["duration_s"].sum()
    return page.render(
        summary=examination.summary(),
        length=duration(seconds) if seconds else "",  # pictures last no time
        sections=list(_sections(examination)),
        evidence=examination.evidence().lines(),
        counted_groups=tables.counted_groups(examination.grouping()),
        drawings=drawings,
        numbers=NUMBERS,
        columns=pictures.COLUMNS,
    )


def _sections(examination: examine.Examination) -> Iterator[dict[str, Any]]:
    table, pairs = examination.clips, examination.copies
    yield _section("Classes", "The clips of each class that can be used.", tables.classes(table))
    published = tables.published(table)
    if len(published):
        yield _section("Published parts", "The clips of each class in each part that the data set states.", published)
    if examination.second_labels:
        text = "The data set labels its clips in two ways: how many clips of each class have which second label."
        yield _section("Classes by the second label", text, tables.by_both_labels(examination.by_both_labels()))
    yield _section("Formats", "All files by what their names end in.", tables.formats(table))
    yield _section("Left out", "These files are not used.", tables.left_out(table))
    yield from _of_copies(table, pairs)
    text = "These files are odd in some way, which is no reason to leave them out."
    yield _section("Remarks", text, tables.remarks(table, examination.remarks))


def _of_copies(table: pd.DataFrame, pairs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    text = "The same recording under two labels: one of them is wrong."
    yield _section("Copies across classes", text, tables.across_classes(table, pairs))
    linked = tables.across_groups(table, pairs)
    if len(linked):
        text = "The same recording in two groups, which therefore go to one side of a split together."
        yield _section("Groups that copies link", text, linked)
    text = (
        "Pairs of clips with the same recording. Of exact copies the first named is left out, and under two labels both; near copies (another gain, "
        "format, bit rate or sample rate, or shifted by up to a second) stay and must not be split."
    )
    yield _section("Copies", text, tables.copies(table, pairs))


def _section(title: str, text: str, rows: pd.DataFrame) -> dict[str, Any]:
    shown = rows.head(SHOWN).to_numpy().tolist()
    columns = [str(name).replace("_", " ") for name in rows.columns]
    return {"title": title, "text": text, "columns": columns, "rows": shown, "n_rows": len(rows)}


def drawings(examination: examine.Examination) -> list[dict[str, Any]]:
    """One clip per class, that of middle length, drawn as `pictures` does; at most DRAWN classes, in the order of names."""
    used = clips_csv.usable(examination.clips)
    chosen = []
    for label, clips in used[used["label"] != ""].groupby("label"):
        clip = clips.sort_values("duration_s", kind="stable").iloc[len(clips) // 2]
        chosen.append({"label": str(label), "path": clip["path"]} | _drawn(examination.root / clip["path"]))
        if len(chosen) == DRAWN:
            break
    return chosen


def _drawn(path: Path) -> dict[str, Any]:
    """The drawings of a clip, whether it is sound or a picture."""
    if path.suffix.lower() in clips_csv.PICTURE:
        return pictures.of_picture(drawn.read(path))
    return pictures.of_audio(path)
