"""A clip's id from its path: unique, the same for the same tree, safe as a file name."""

import re
import unicodedata
from hashlib import sha256
from pathlib import Path


def ids(paths: list[Path]) -> list[str]:
    """An id for each relative path, in the order given.

    It is the path without extension, `blues/x.wav` → `blues.x`; a folder that the next part repeats is left out,
    `blues/blues.00000.wav` → `blues.00000`. Letters, digits, `._-` stay, other bytes are percent-encoded. The second of
    two files with one name, `x.mp3` beside `x.au`, keeps its extension: `blues.x.mp3`.
    """
    taken: set[str] = set()
    return [_unique(path, taken) for path in paths]


def safe(name: str) -> str:
    """`name` as a file name of at most 120 letters, digits, `._-` and percent-encoded bytes, not hidden."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    coded = "".join(c if c.isalnum() or c in "._-" else "".join(f"%{b:02X}" for b in c.encode()) for c in name)
    coded = re.sub(r"^[.-]", "_", coded) or "_"
    if len(coded.encode()) > 120:
        coded = coded.encode()[:100].decode(errors="ignore") + "-" + sha256(coded.encode()).hexdigest()[:16]
    return coded


def _of_path(relative: Path) -> str:
    """The id of a path if no other file has it."""
    parts = list(relative.with_suffix("").parts)
    kept = [p for p, after in zip(parts, [*parts[1:], ""], strict=True) if not after.startswith(f"{p}.")]
    return safe(".".join(kept))


def _unique(path: Path, taken: set[str]) -> str:
    """An id for `path` that is not in `taken`, into which it goes."""
    name = _of_path(path)
    if name.casefold() in taken:
        name += safe(path.suffix).replace("_", ".", 1)
    stem, n = name, 2
    while name.casefold() in taken:  # folded: the name must do on file systems that do not tell A from a
        name, n = f"{stem}-{n}", n + 1
    taken.add(name.casefold())
    return name
