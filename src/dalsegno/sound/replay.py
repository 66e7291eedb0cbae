"""Blocks of a recording that are read more than once, whatever its length."""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

KEPT_BYTES = 24 * 2**20  # most that one Replay keeps: five minutes of samples at 22,050 Hz


class Sized(Protocol):
    """What says how much memory it takes, as an array does."""

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        ...


Block = TypeVar("Block", bound=Sized)


class Replay(Generic[Block]):
    """Blocks that can be iterated over again: kept in memory if all of them are small, else made anew each time."""

    def __init__(self, make: Callable[[], Iterable[Block]]) -> None:
        self._make = make  # must give the same blocks whenever it is called
        self._kept: list[Block] | None = None

    def __iter__(self) -> Iterator[Block]:
        return self._first() if self._kept is None else iter(self._kept)

    def _first(self) -> Iterator[Block]:
        """Make the blocks, and keep them unless they turn out to be too large."""
        kept, n_bytes = [], 0
        for block in self._make():
            n_bytes += block.nbytes
            if n_bytes > KEPT_BYTES:
                kept.clear()
            else:
                kept.append(block)
            yield block
        if n_bytes <= KEPT_BYTES:
            self._kept = kept
