"""What a user can mend, told in the user's own words."""

import difflib
import errno
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager

N_COMPARED = 2000  # names among which the nearest is sought; a data set has millions of paths
ROOM = "Make room"
FULL = {errno.ENOSPC: ROOM, errno.EDQUOT: ROOM, errno.EFBIG: "Raise the limit on the size of a file (ulimit -f)"}
"""Errors of a disk, a quota and a limit that are reached, and what to do."""


class UserError(ValueError):
    """Something the user can mend; its message is all that is shown of it."""


@contextmanager
def about(subject: object) -> Iterator[None]:
    """Let the message of any UserError begin with its subject, such as an entry of params.yaml or a file."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{subject}: {error}") from None


def of_file(error: OSError, unnamed: str) -> str:
    """What is wrong with which file; unnamed: what stands for one that is not known."""
    return f"{error.filename2 or error.filename or unnamed}: {error.strerror}"


def hint(got: str, known: list[str]) -> str:
    """What follows an unknown name in a message: the nearest known one in brackets, whatever its case, or nothing."""
    spelt = {name.casefold(): name for name in reversed(known[:N_COMPARED])}
    near = difflib.get_close_matches(got.casefold(), spelt, n=1)
    return f" (did you mean {spelt[near[0]]!r}?)" if near else ""


def counted(n: int, noun: str) -> str:
    """A number and what it counts: `1 clip`, `1,200 clips`, `2 classes`, `3 copies`."""
    if n == 1:
        return f"1 {noun}"
    ending = noun[-1]
    several = f"{noun[:-1]}ies" if ending == "y" else f"{noun}es" if ending in "sx" else f"{noun}s"
    return f"{n:,} {several}"


ISOLATED = "\u2068{}\u2069"  # read in a direction of its own; both signs are invisible


def quoted(name: str) -> str:
    """The name of a class or group among other words, which it may look like: `“R&B”`."""
    return f"“{isolated(name)}”"


def isolated(name: str) -> str:
    """A name beside other words or numbers. One that is read from right to left would turn these as well."""
    turns = any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in name)
    return ISOLATED.format(name) if turns else name


def joined(words: Iterable[str], last: str = "and", most: int | None = None) -> str:
    """`a`, `a and b`, `a, b and c`; last: the word before the last one. More than `most` words are `listed`."""
    *others, end = words = [*words]
    if most is not None and len(words) > most:
        return listed(words)
    return f"{', '.join(others)} {last} {end}" if others else end


def capitalised(words: str) -> str:
    """The words as the beginning of a sentence."""
    return words[:1].upper() + words[1:]


def abridged(lines: Sequence[str], most: int) -> list[str]:
    """The first `most` lines, and one that says how many more there are, if there are any."""
    more = [f"… and {len(lines) - most:,} more"] if len(lines) > most else []
    return [*lines[:most], *more]


def listed(names: Iterable[str], most: int = 5) -> str:
    """The first `most` names with commas between them, and how many more there are: `a, b, … and 3 more`."""
    return ", ".join(abridged([*names], most))


def mismatch(got: Collection[str], known: Collection[str]) -> str:
    """Which names of `got` are not known and which known ones it lacks, the first five of each; empty if there are none."""
    strange, absent = sorted({*got} - {*known}), sorted({*known} - {*got})
    counts = [
        f"{len(names)} {what} ({listed(names)})" for names, what in ((strange, "unknown"), (absent, "absent")) if names
    ]
    return ", ".join(counts)


def gist(error: BaseException) -> str:
    """The first line of what an error says, or its kind if it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
