"""Files of sound that are not read here: which these are, and the command that converts them."""

import shlex
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from dalsegno.clips.tree import walk
from dalsegno.pipeline.errors import counted

FOREIGN = frozenset({
    ".m4a", ".m4b", ".m4p", ".m4r", ".mp4", ".m4v", ".mov", ".aac", ".adts", ".alac", ".wma", ".wmv", ".asf",
    ".webm", ".weba", ".mkv", ".mka", ".avi", ".mpg", ".mpeg", ".flv", ".3gp", ".3g2", ".amr", ".ac3", ".eac3",
    ".dts", ".ape", ".wv", ".tta", ".tak", ".mpc", ".mp+", ".ra", ".rm", ".ram", ".spx", ".dsf", ".dff", ".gsm",
    ".qcp", ".shn", ".mlp", ".thd", ".ofr", ".adx",
})  # fmt: skip
"""Suffixes of sound that libsndfile does not read and ffmpeg does."""
N_NAMED = 8  # suffixes that a census names


def unread(root: Path, read: list[Path]) -> list[Path]:
    """The files below `root` that ffmpeg could convert, but for those it has: a file of the same name is in `read`."""
    converted = {path.with_suffix("") for path in read}
    return [path for path in walk.walk(root, FOREIGN) if path.with_suffix("") not in converted]


def fault(path: Path) -> str | None:
    """The fault of a file whose suffix is one of FOREIGN; None if it is not."""
    suffix = path.suffix.lower()
    if suffix not in FOREIGN:
        return None
    return f"other format {suffix[1:]}: {suffix} is not read here; ffmpeg converts it"


def command(root: Path, suffix: str) -> str:
    """The shell command that writes a .flac beside every file below `root` with this suffix."""
    each = 'ffmpeg -i "$1" -vn "${1%.*}.flac"'
    return f"find {shlex.quote(str(root))} -iname {shlex.quote('*' + suffix)} -exec sh -c '{each}' sh {{}} \\;"


def conversions(root: Path, paths: Iterable[Path]) -> list[str]:
    """For each suffix of FOREIGN among `paths`, how many there are and the command that converts them."""
    n_by_suffix = Counter(path.suffix.lower() for path in paths if path.suffix.lower() in FOREIGN)
    return [f"{counted(n, 'file')} of {suffix}, not read; to convert: {command(root, suffix)}"
            for suffix, n in sorted(n_by_suffix.items())]  # fmt: skip


def census(paths: Iterable[Path]) -> str:
    """`12 of .m4a, 1 of .txt`: the files by suffix, the most frequent first; empty if there are none."""
    n_by_suffix = Counter(path.suffix.lower() for path in paths)
    named = n_by_suffix.most_common(N_NAMED)
    counts = [f"{n} {f'of {suffix}' if suffix else 'without suffix'}" for suffix, n in named]
    n_others = n_by_suffix.total() - sum(n for _, n in named)
    return ", ".join([*counts, f"{n_others} of other suffixes"] if n_others else counts)
