"""What the doctor says of a data set, as a page for people."""

from typing import Any

import pandas as pd

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.clips import examine
from dalsegno.clips.copies import search
from dalsegno.report.layout import templates

SHOWN = 500  # rows of a table; the CSV files have all
NUMBERS = ("usable", "excluded", "hours", "similarity")  # columns that are set flush right


def render(examination: examine.Examination) -> str:
    """The page as HTML; every name in it is escaped."""
    table, pairs = examination.clips, examination.copies
    faulty = table.loc[table["excluded"] != "", ["path", "label", "excluded"]].rename(columns={"excluded": "because"})
    across = search.across_classes(pairs, table)[["clip_id_a", "label_a", "clip_id_b", "label_b", "kind"]]
    sections = [
        _section("Classes", "The clips of each class that can be used.", _classes(table)),
        _section("Left out", "These files are not used.", faulty),
        _section("Copies across classes", "The same recording under two labels: one of them is wrong.", across),
        _section(
            "Copies",
            "Pairs of clips with the same recording. Of exact copies the second is left out; near copies (another gain, "
            "format, bit rate or sample rate, or shifted by up to a second) stay and must not be split.",
            pairs,
        ),
        _section(
            "Remarks", "These files are odd in some way, which is no reason to leave them out.", examination.remarks
        ),
    ]
    page = templates.template("doctor/page.html.j2")
    return page.render(
        summary=examination.summary(), sections=sections, evidence=examination.evidence().lines(), numbers=NUMBERS
    )


def _section(title: str, text: str, rows: pd.DataFrame) -> dict[str, Any]:
    shown = rows.head(SHOWN).to_numpy().tolist()
    return {"title": title, "text": text, "columns": list(rows.columns), "rows": shown, "n_rows": len(rows)}


def _classes(table: pd.DataFrame) -> pd.DataFrame:
    used = clips_csv.usable(table).groupby("label")
    counts = pd.DataFrame({"usable": used.size(), "hours": (used["duration_s"].sum() / 3600).map("{:.2f}".format)})
    excluded = table[table["excluded"] != ""].groupby("label").size().rename("excluded")
    both = counts.join(excluded, how="outer").fillna({"usable": 0, "excluded": 0, "hours": "0.00"})
    both = both.astype({"usable": int, "excluded": int})[["usable", "excluded", "hours"]]
    return both.reset_index(names="class").replace({"class": {"": "(no label)"}})
