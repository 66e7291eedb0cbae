"""A table as data, which each report sets in its own way."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """head: its words, with a line break where they may be broken. lower: a lower number is better; words: it has no numbers."""

    head: str
    lower: bool = False
    words: bool = False


@dataclass(frozen=True)
class Cell:
    """A value, and what stands under it or in brackets behind it, such as its interval."""

    value: str
    below: str = ""


@dataclass(frozen=True)
class Table:
    """Columns, and rows of as many cells; the first cell of a row names it."""

    columns: list[Column]
    rows: list[list[Cell]]


def plain(columns: Iterable[Column], rows: Iterable[Iterable[str]]) -> Table:
    """A table of which no cell has anything below its value."""
    return Table(list(columns), [[Cell(value) for value in row] for row in rows])
