"""Whether a file stays as it is while a model is asked about it: of one that changes, the answer may be about parts of two."""

from pathlib import Path

from dalsegno.pipeline.errors import UserError

CHANGED = "it changed while it was read; ask again once nothing writes to it"


class Watch:
    """Remembers the length of a file and when it was written last; None stands for a file that is not there."""

    def __init__(self, path: Path) -> None:
        self.path, self._before = path, _state(path)

    def refuse(self) -> None:
        """Raise UserError that names the file if it is another one than at the beginning, or gone."""
        if _state(self.path) != self._before:
            raise UserError(f"{self.path}: {CHANGED}")


def _state(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except (OSError, ValueError):
        return None
    return state.st_size, state.st_mtime_ns
