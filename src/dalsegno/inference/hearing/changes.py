"""Whether a file stays as it is while a model is asked about it; otherwise the answer may be about parts of two files."""

from pathlib import Path

from dalsegno.pipeline import files
from dalsegno.pipeline.errors import UserError

CHANGED = "it changed while it was read; ask again once nothing writes to it"


class Watch:
    """Remembers the size of a file and when it was last written."""

    def __init__(self, path: Path) -> None:
        self.path, self._before = path, files.state(path)

    @property
    def changed(self) -> bool:
        """Whether it has changed since, or is gone."""
        return files.state(self.path) != self._before

    def refuse(self) -> None:
        """Raise UserError that names the file if it has changed."""
        if self.changed:
            raise UserError(f"{self.path}: {CHANGED}")
