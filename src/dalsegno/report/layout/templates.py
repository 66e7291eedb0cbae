"""The one environment that all pages are rendered in: the same layout and style, and every value escaped."""

import re
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from dalsegno.artefacts import markdown
from dalsegno.pipeline.errors import capitalised, quoted

END = r"−?\d(?:[\d.,]*\d)?%?"
INTERVAL = re.compile(f"({END}(?:–| to ){END})")
REPORT = Path(__file__).parents[1]


def template(name: str, **options: Any) -> jinja2.Template:
    """The template of that name in the room of the report; `options` as of `jinja2.Environment`, `filters` among them."""
    filters = options.pop("filters", {})
    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader([REPORT, REPORT / "layout"]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        **options,
    )
    pages.filters |= filters | {"prose": prose, "named": named, "capitalised": capitalised, "quoted": quoted}
    return pages.get_template(name)


def named(svg: Markup, label: str) -> Markup:
    """The drawing as an image that a screen reader calls by its label."""
    return Markup('<svg role="img" aria-label="{}"').format(label) + svg.removeprefix("<svg")


def prose(text: str) -> Markup:
    """The text, escaped, with what stands between two backticks as code, and with no line break within an interval."""
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if is_code else _whole(part) for part, is_code in markdown.parts(text)
    )


def _whole(text: str) -> Markup:
    parts = INTERVAL.split(text)
    return Markup("").join(
        Markup('<span class="whole">{}</span>').format(p) if i % 2 else escape(p) for i, p in enumerate(parts)
    )
