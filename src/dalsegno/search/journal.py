"""The file in which a search keeps its trials line by line, which several processes share and from which it goes on."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from optuna.storages.journal import BaseJournalBackend, JournalFileBackend, JournalFileSymlinkLock

from dalsegno.pipeline.errors import UserError


class Journal(BaseJournalBackend):
    """Optuna's file of a journal, without its wait for the disk after every line.

    A trial writes a line for each setting and each epoch that may be pruned, so that waiting took up to a tenth of a
    search. What a power failure takes away is trained again.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, JournalFileSymlinkLock(str(path))
        self._file = JournalFileBackend(str(path), self._lock)

    def read_logs(self, log_number_from: int) -> Iterable[dict[str, Any]]:
        """The lines from this number on."""
        return self._file.read_logs(log_number_from)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Write these lines behind those of all processes."""
        lines = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        self._lock.acquire()
        try:
            with self._path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(lines)
        finally:
            self._lock.release()


def mend(path: Path) -> None:
    """Cut off what was not written to its end when a machine lost its power. Raises UserError for what is no journal."""
    if not path.exists():
        return
    try:
        lines = path.read_bytes().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):
            os.truncate(path, sum(map(len, lines[:-1])))
            lines.pop()
        for line in lines:
            json.loads(line)["op_code"]
    except (OSError, ValueError, TypeError, KeyError):
        raise UserError(f"{path}: this is no journal of a search; move it away, and the search begins anew") from None
