"""The one environment that all pages are rendered in: the same layout and style, and every value escaped."""

from pathlib import Path
from typing import Any

import jinja2

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
    pages.filters |= filters
    return pages.get_template(name)
