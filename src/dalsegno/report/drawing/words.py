"""Words and numbers as a plot has them."""

import unicodedata


def short(name: str, most: int = 30) -> str:
    """A name of more letters than `most` with its beginning and its end alone, which tells a model from its twin."""
    if len(name) <= most:
        return name
    end = (most - 1) * 13 // 29
    return f"{name[: most - 1 - end]}…{name[len(name) - end :]}"


def length(words: str, size: float) -> float:
    """About how long words of this size are, in a font that nobody knows before the page is read; rather too long."""
    return size * sum(1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.6 for letter in words)


def number(value: float) -> str:
    """A length as it stands in SVG: to the hundredth of a point."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 0.005 else "0"
