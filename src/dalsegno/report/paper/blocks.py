"""What a paper is put together from: paragraphs, tables and figures, as plain data that the layout sets."""

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Any

from dalsegno.pipeline.errors import joined
from dalsegno.report.paper.figures import Figure
from dalsegno.report.tables.table import Table

Block = dict[str, Any]


def section(title: str, blocks: Iterable[Block]) -> Block:
    """A numbered section."""
    return {"title": title, "blocks": list(blocks)}


def text(words: str) -> Block:
    """A paragraph."""
    return {"kind": "text", "words": words}


def paragraphs(words: str) -> list[Block]:
    """Paragraphs that an empty line separates."""
    return [text(" ".join(part.split())) for part in words.split("\n\n") if part.strip()]


def heading(words: str) -> Block:
    """A heading within a section."""
    return {"kind": "heading", "words": words}


def points(items: Iterable[str]) -> Block:
    """A list."""
    return {"kind": "points", "items": list(items)}


def code(words: str) -> Block:
    """Commands, line by line."""
    return {"kind": "code", "words": words}


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1, last: int = 0) -> Block:
    """A numbered table. words: how many of the first columns hold words, and last: of the last ones, which are set flush
    left, and the others flush right."""
    cells = {"head": list(head), "rows": [list(row) for row in rows]}
    return {"kind": "table", "caption": caption, "words": words, "last": last} | cells


def tabled(caption: str, of: Table) -> Block:
    """A table that other reports have as well."""
    in_words = [column.words for column in of.columns]
    words, last = (len(list(takewhile(bool, columns))) for columns in (in_words, reversed(in_words)))
    rows = [["\n".join(filter(None, (cell.value, cell.below))) for cell in row] for row in of.rows]
    return table(caption, [column.head for column in of.columns], rows, words, last=last)


def figures(drawn: Iterable[Figure], caption: str = "", columns: int = 1) -> Block:
    """Figures with a number each; with a caption for all, the panels of one figure, so many side by side."""
    return {"kind": "figures", "figures": list(drawn), "caption": caption, "columns": columns}


def referred(sections: Iterable[Block]) -> list[Block]:
    """The sections with the numbers of all tables and figures in the text before them, as the layout will count them."""
    numbers = {"table": 0, "figure": 0}
    return [part | {"blocks": _with_references(part["blocks"], numbers)} for part in sections]


def _with_references(within: Iterable[Block], numbers: dict[str, int]) -> list[Block]:
    """numbers: the last of each kind so far, which is counted on."""
    done: list[Block] = []
    said: Block | None = None
    shown: dict[str, list[int]] = {}
    for block in within:
        kind = {"table": "table", "figures": "figure"}.get(block["kind"])
        n = 0 if kind is None else 1 if kind == "table" or block["caption"] else len(block["figures"])
        if kind == "figure" and not block["figures"]:
            continue
        if block["kind"] in ("heading", "text") or said is None:
            _refer(said, shown)
            said, shown = (block if block["kind"] == "text" else None), {}
        if kind is not None:
            if said is None:
                said = text("")
                done.append(said)
            shown.setdefault(kind, []).extend(range(numbers[kind] + 1, numbers[kind] + n + 1))
            numbers[kind] += n
        done.append(block)
    _refer(said, shown)
    return done


def _numbers(ns: list[int]) -> str:
    """`3`, `3 and 4`, `3 to 5`; what is shown together has one number after the other."""
    return f"{ns[0]} to {ns[-1]}" if len(ns) > 2 else joined(list(map(str, ns)))


def _refer(said: Block | None, shown: dict[str, list[int]]) -> None:
    """Let a paragraph end with a reference to what is shown below it."""
    if said is None or not shown:
        return
    named = [f"{kind.capitalize()}{'s' * (len(ns) > 1)} {_numbers(ns)}" for kind, ns in shown.items()]
    reference = joined(named)
    said["words"] = f"{said['words']} See {reference}." if said["words"] else f"Details are in {reference}."
