"""What the doctor found, as a page for people."""

import pandas as pd
from jinja2 import Environment

from dalsegno.artefacts import clips_csv
from dalsegno.clips import examine
from dalsegno.clips.copies import search

SHOWN = 500  # rows of a table; the CSV files have all
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{{ title }}: what its files are like</title>
<style>
body { font: 15px/1.45 system-ui, sans-serif; max-width: 68em; margin: 2em auto; padding: 0 1em; color: #222; }
table { border-collapse: collapse; margin: .5em 0 2em; }
th, td { text-align: left; padding: .2em .9em .2em 0; border-bottom: 1px solid #ddd; vertical-align: top; }
td { overflow-wrap: anywhere; }
td.n, th.n { text-align: right; }
.empty { color: #777; }
</style>
</head>
<body>
<h1>{{ title }}{{ " (synthetic)" if s.synthetic }}</h1>
<p>{{ s.used }} of {{ s.files }} files can be used, {{ "%.2f" | format(s.hours) }} hours{% if s.unlabelled %},
{{ s.unlabelled }} of them without a label{% endif %}{% if s.left_out %}; {{ s.left_out }} more are of classes that
<code>dataset.leave_out</code> names{% endif %}.</p>
{% for section in sections %}
<h2>{{ section.title }}</h2>
{% if section.n %}<p>{{ section.text }}</p>
<table>
<tr>{% for c in section.columns %}<th{{ ' class="n"' | safe if c in numbers }}>{{ c }}</th>{% endfor %}</tr>
{% for row in section.rows %}<tr>{% for c, cell in zip(section.columns, row) %}<td{{ ' class="n"' | safe if c in numbers }}>
{{- cell }}</td>{% endfor %}</tr>
{% endfor %}</table>
{% if section.n > section.rows | length %}<p>… and {{ section.n - section.rows | length }} more.</p>{% endif %}
{% else %}<p class="empty">None.</p>{% endif %}
{% endfor %}
</body>
</html>
"""
NUMBERS = ("usable", "excluded", "hours", "similarity")


def render(examination: examine.Examination) -> str:
    """The page as HTML; every name in it is escaped."""
    table, pairs = examination.clips, examination.copies
    faulty = table.loc[table["excluded"] != "", ["path", "label", "excluded"]].rename(columns={"excluded": "because"})
    across = search.across_classes(pairs, table)[["clip_id_a", "label_a", "clip_id_b", "label_b", "kind"]]
    sections = [
        _section("Classes", "What is left of each class.", _classes(table)),
        _section("Left out", "These files are not used.", faulty),
        _section("Copies across classes", "The same recording under two labels: one of them is wrong.", across),
        _section(
            "Copies",
            "Pairs of clips with the same recording. Of exact copies the second is left out; near copies (another gain, "
            "format, bit rate or sample rate, or shifted by up to a second) stay and must not be split.",
            pairs,
        ),
        _section("Remarks", "Odd, but no reason to leave a clip out.", examination.remarks),
    ]
    page = Environment(autoescape=True).from_string(PAGE)
    summary = examination.summary()
    return page.render(title=summary["title"], s=summary, sections=sections, numbers=NUMBERS, zip=zip)


def _section(title: str, text: str, rows: pd.DataFrame) -> dict:
    shown = rows.head(SHOWN).to_numpy().tolist()
    return {"title": title, "text": text, "columns": list(rows.columns), "rows": shown, "n": len(rows)}


def _classes(table: pd.DataFrame) -> pd.DataFrame:
    used = clips_csv.usable(table).groupby("label")
    counts = pd.DataFrame({"usable": used.size(), "hours": (used["duration_s"].sum() / 3600).map("{:.2f}".format)})
    excluded = table[table["excluded"] != ""].groupby("label").size().rename("excluded")
    both = counts.join(excluded, how="outer").fillna({"usable": 0, "excluded": 0, "hours": "0.00"})
    both = both.astype({"usable": int, "excluded": int})[["usable", "excluded", "hours"]]
    return both.reset_index(names="class").replace({"class": {"": "(no label)"}})
