"""What the doctor found, as a page for people."""

from jinja2 import Environment

from dalsegno import clips

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{{ summary.title }}: clips</title>
<h1>{{ summary.title }}{{ " (synthetic)" if summary.synthetic }}</h1>
<p>{{ summary.used }} of {{ summary.files }} files can be used.</p>
<table>
<tr><th>file</th><th>excluded, because</th></tr>
{% for row in excluded %}<tr><td>{{ row.path }}</td><td>{{ row.excluded }}</td></tr>
{% endfor %}</table>
</html>
"""


def render(examination: clips.Examination) -> str:
    """The page as HTML; every name in it is escaped."""
    table = examination.clips
    template = Environment(autoescape=True).from_string(PAGE)
    return template.render(summary=examination.summary(), excluded=table[table["excluded"] != ""].itertuples())
