"""Text of users, such as the name of a class, within Markdown: it comes out as it is and changes nothing around it."""

import re
from collections.abc import Iterator

from dalsegno.pipeline.errors import ISOLATED

NAME_OR_CODE = re.compile("(“[^”]*”|`[^`]*`)")
SPECIAL = r"\|*_`[]#~$"


def literal(text: str) -> str:
    """`text` in one line that cannot break out of its cell, sentence or heading. It must not begin a line."""
    text = "".join(c if c.isprintable() or c in ISOLATED else " " for c in text)
    text = re.sub("[&<](?! )", lambda sign: {"&": "&amp;", "<": "&lt;"}[sign[0]], text)  # `p < 0.001` is as it is
    return "".join("\\" + c if c in SPECIAL else c for c in text)


def sentence(text: str) -> str:
    """`text` likewise, with what stands between two backticks as code."""
    return "".join(f"`{part}`" if is_code else literal(part) for part, is_code in parts(text))


def parts(text: str) -> Iterator[tuple[str, bool]]:
    """The parts of `text`, and whether each stands between two backticks, as code does; those in a quoted name are its own."""
    for i, part in enumerate(NAME_OR_CODE.split(text)):
        is_code = i % 2 == 1 and part.startswith("`")
        yield part.strip("`") if is_code else part, is_code
