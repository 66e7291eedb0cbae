"""Whether a data set stays as it is while a stage reads it.

DVC hashes the folder once the stage has ended. A file that came meanwhile would count as read, and never be read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dalsegno.clips.tree import walk
from dalsegno.pipeline import files
from dalsegno.pipeline.errors import UserError, abridged

N_NAMED = 5


@contextmanager
def unchanged(root: Path) -> Iterator[None]:
    """Raise UserError at the end if a file below `root` was added, removed or written to meanwhile; hidden ones do not count."""
    before = _states(root)
    yield
    now = _states(root)
    changed = [path for path in sorted(before.keys() | now.keys()) if before.get(path) != now.get(path)]
    if changed:
        said = {
            path: "removed" if path not in now else "added" if path not in before else "written to" for path in changed
        }
        lines = "\n  ".join(abridged([f"{path.as_posix()!r}: {what}" for path, what in said.items()], N_NAMED))
        raise UserError(
            f"{walk.where(root)} changed while it was read; run `dvc repro` again once nothing writes to it:\n  {lines}"
        )


def _states(root: Path) -> dict[Path, tuple[int, int] | None]:
    """Size in bytes and time of the last write in ns of each file, by its path below `root`; None for what cannot be asked."""
    return {path.relative_to(root): files.state(path) for path in walk.files(root)}
