"""The file in which a search keeps its trials line by line, which several processes share and from which it goes on."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from optuna.storages.journal import BaseJournalBackend, JournalFileBackend, JournalFileSymlinkLock
from optuna.trial import TrialState

from dalsegno.pipeline import files
from dalsegno.pipeline.errors import UserError

NONE = "this is not the journal of a search; move it away, and the search begins anew"
STALE_S = 10  # after which a lock is taken from a process that was killed while it wrote


class Journal(BaseJournalBackend):
    """Optuna's file of a journal, without its wait for the disk after every line.

    A trial writes a line for each setting and each epoch that may be pruned, so that waiting took up to a tenth of a
    search. What a power failure takes away is trained again.

    `mend` replaces the file. Workers of a search that was killed have the old one open, and end when they notice.
    """

    def __init__(self, path: Path) -> None:
        # The lock is a link to the file, and as old as that; a link to a relative path would lead nowhere.
        path = path.absolute()
        self._path, self._lock = path, JournalFileSymlinkLock(str(path), grace_period=STALE_S)
        self._file = JournalFileBackend(str(path), self._lock)
        self._open = path.open("a", encoding="utf-8", newline="\n")

    def read_logs(self, log_number_from: int) -> Iterable[dict[str, Any]]:
        """The lines from this number on."""
        return self._file.read_logs(log_number_from)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Write these lines behind those of all processes. Raises UserError if another search has gone on from the file."""
        lines = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        self._lock.acquire()
        try:
            if not self._path.exists() or not os.path.samestat(os.fstat(self._open.fileno()), self._path.stat()):
                raise UserError(f"{self._path}: another run of the search has gone on from here, so this one ends")
            self._open.write(lines)
            self._open.flush()
        finally:
            self._lock.release()


def mend(path: Path) -> None:
    """Take out what a search that was broken off has left half done, as if it had not been begun: its lock, the line that a
    machine wrote when it lost its power, and whatever was told of trials that came to no end. Its workers, if any are left,
    write no more.

    Raises UserError for what is not a journal, and for a line in it that is damaged.
    """
    Path(f"{path}.lock").unlink(missing_ok=True)
    if not path.exists():
        return
    try:
        whole = path.read_bytes()
    except OSError:
        raise UserError(f"{path}: {NONE}") from None
    lines = [line for line in whole.splitlines(keepends=True) if line.endswith(b"\n")]
    logs = [_log(line, i, path) for i, line in enumerate(lines)]
    states = {log["trial_id"]: TrialState(log["state"]) for log in logs if {"trial_id", "state"} <= log.keys()}
    ended = {number for number, state in states.items() if state.is_finished()}
    told = ["trial_id" in log and "state" not in log and log["trial_id"] not in ended for log in logs]
    left = b"".join(line for line, unfinished in zip(lines, told, strict=True) if not unfinished)
    with files.atomic(path) as draft:
        draft.write_bytes(left)


def _log(line: bytes, i: int, path: Path) -> dict[str, Any]:
    """Line `i` of a journal, from 0, as Optuna's storage wrote it."""
    try:
        log = json.loads(line)
        log["op_code"]
    except (ValueError, TypeError, KeyError):
        cut = (
            f"line {i + 1} is damaged; cut it off with all that follow (head -n {i}), and the search goes on from there"
        )
        raise UserError(f"{path}: {cut if i else NONE}") from None
    return log
