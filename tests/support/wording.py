"""How numbers are written, in one style: what a text of ours has against it."""

import re

FAULTS = {
    "a space before a per cent sign": re.compile(r"(?<![A-Za-z])[\d?.}]\s+%(?!\})|(?:&nbsp;|u00a0)%"),
    "a p-value without its nought": re.compile(r"\bp\s*[=<>]\s*\.\d"),
    "an interval with a hyphen": re.compile(r"\(\d+(?:\.\d+)?-\d+(?:\.\d+)?\)"),
}


def faults(text):
    """What each fault is, with the words about it."""
    return [
        (fault, text[max(0, found.start() - 30) : found.end() + 10])
        for fault, pattern in FAULTS.items()
        for found in pattern.finditer(text)
    ]
