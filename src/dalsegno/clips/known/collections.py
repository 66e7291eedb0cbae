"""Known collections of sound: what each is called, under which licence it may be used, and what its authors ask to cite."""

import csv
from functools import cache
from pathlib import Path

from dalsegno.pipeline.errors import hint

TABLE = Path(__file__).with_name("collections.csv")


@cache
def table() -> dict[str, dict[str, str]]:
    """By name: name, adapter (the file of datasets/ that reads it and nothing else), title, licence, citation, source."""
    with TABLE.open(newline="", encoding="utf-8") as lines:
        return {row["name"]: row for row in csv.DictReader(lines)}


def known(name: str) -> str:
    """`name`, if it is that of a known collection."""
    if name not in table():
        raise ValueError(f"there is no {name!r}{hint(name, list(table()))}; there are: {', '.join(table())}")
    return name


def of(name: str | None, adapter: str) -> dict[str, str]:
    """What is published of the collection `name` or, without one, of that which `adapter` reads; empty if none is known."""
    row = table().get(name or "") or next((row for row in table().values() if row["adapter"] == adapter), {})
    return {key: row[key] for key in ("name", "title", "licence", "citation", "source") if row}
