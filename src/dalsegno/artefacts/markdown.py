"""Text of users, such as the name of a class, within Markdown: it comes out as it is and changes nothing around it."""

import re

SPECIAL = r"\|*_`[]#~$"


def literal(text: str) -> str:
    """`text` in one line that cannot break out of its cell, sentence or heading. It must not begin a line."""
    text = "".join(c if c.isprintable() else " " for c in text)
    text = re.sub("[&<](?! )", lambda sign: {"&": "&amp;", "<": "&lt;"}[sign[0]], text)  # `p < 0.001` is as it is
    return "".join("\\" + c if c in SPECIAL else c for c in text)


def sentence(text: str) -> str:
    """`text` likewise, with what stands between two backticks as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick without another is one of a name
        return literal(text)
    return "".join(f"`{part}`" if i % 2 else literal(part) for i, part in enumerate(parts))
