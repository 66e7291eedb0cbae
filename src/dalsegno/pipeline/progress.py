"""One progress bar for every stage; it cannot change a result."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")


def bar(items: Iterable[T], desc: str, total: int | None = None, unit: str = "clip") -> Iterator[T]:
    """Yield `items`, showing how far along they are; without a terminal, one line every ten seconds."""
    live = sys.stderr.isatty()
    return iter(
        tqdm(items, desc=f"{desc:<14}", total=total, unit=unit, dynamic_ncols=live, ascii=not live,
             ncols=None if live else 100, mininterval=0.1 if live else 10, maxinterval=10)
    )  # fmt: skip


def warn(text: str) -> None:
    """Print a line to stderr, above the bar if there is one."""
    tqdm.write(text, file=sys.stderr)


def say(text: str) -> None:
    """Print a line at once, so that it stands in order with the lines of other stages."""
    print(text, flush=True)
