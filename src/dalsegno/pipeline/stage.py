"""How a stage script starts and ends."""

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path

from dalsegno.pipeline import check, environment, params, progress
from dalsegno.pipeline.cluster import ending
from dalsegno.pipeline.errors import FULL, UserError
from dalsegno.pipeline.refusals import Refused

STOPPED = "interrupted; `dvc repro` goes on with this stage"


def run(main: Callable[..., None]) -> None:
    """Call a stage's `main` with the words of the command line.

    A UserError ends it with exit code 1 and Ctrl-C with ending.INTERRUPTED, without a traceback.
    """
    alone = main is getattr(sys.modules["__main__"], "main", None)  # and not within another program
    if alone:
        gc.freeze()  # what is imported stays to the end: to look there for garbage takes a fifth of a short stage's time
    try:
        code, message = 0, _run(main)
    except KeyboardInterrupt:
        code, message = ending.INTERRUPTED, f"\n{_name()}: {STOPPED}"
    if message:
        code = code or 1
        print(message, file=sys.stderr)
    if alone and "torch" in sys.modules:
        ending.end(code)
    if code:
        sys.exit(code)


def _run(main: Callable[..., None]) -> str:
    """Call `main`; what is wrong, empty if nothing is.

    A stage that refuses its own section tells the problems of all others as well, so that they are mended in one go.
    """
    try:
        if place := _place(os.environ.get("DVC_STAGE", "")):  # DVC sets it
            progress.say(place)
        if differences := environment.differences():
            progress.say(f"installed at another version than {environment.FILE} has: {', '.join(differences)}")
        main(*sys.argv[1:])
    except Refused as error:
        others = [p for p in check.problems(Path(sys.argv[0]).parent) if p not in error.problems]
        return f"\n{_name()}: {Refused(error.problems + others)}"
    except UserError as error:
        return f"\n{_name()}: {error}"
    except OSError as error:
        if error.errno not in FULL:
            raise
        return f"\n{_name()}: {error}; nothing half-written stays. Make room, then `dvc repro` goes on with this stage"
    return ""


def _name() -> str:
    return Path(sys.argv[0]).stem


def _place(address: str) -> str:
    """Which of all stages this one is, empty outside DVC; those that are up to date, DVC skips."""
    if not address:
        return ""
    return progress.place(address, environment.read("dvc.yaml").get("stages", {}), params.document())
