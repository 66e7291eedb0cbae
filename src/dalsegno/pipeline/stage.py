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
    alone = sys.orig_argv[-len(sys.argv) :] == sys.argv  # the process was started for this stage alone
    if alone:
        ending.interrupt_between_imports()
        gc.freeze()  # what is imported stays to the end, and collecting garbage there takes a fifth of a short stage
    try:
        message = _run(main)
        code = 1 if message else 0
    except KeyboardInterrupt:
        message, code = STOPPED, ending.INTERRUPTED
    if message:
        print(f"\n{Path(sys.argv[0]).stem}: {message}", file=sys.stderr)
    if alone and "torch" in sys.modules:
        ending.end(code)
    if code:
        sys.exit(code)


def _run(main: Callable[..., None]) -> str:
    """Call `main`; returns what went wrong, empty if nothing did.

    A stage that refuses its own section also lists the problems of all others, so that they can be mended in one go.
    """
    try:
        if place := _place(os.environ.get("DVC_STAGE", "")):  # DVC sets it
            progress.say(place)
        if differences := environment.differences():
            progress.say(f"installed at another version than {environment.FILE} has: {', '.join(differences)}")
        main(*sys.argv[1:])
    except Refused as error:
        others = [p for p in check.problems(Path(sys.argv[0]).parent) if p not in error.problems]
        return str(Refused(error.problems + others))
    except UserError as error:
        return str(error)
    except OSError as error:
        if error.errno not in FULL:
            raise
        return f"{error}; nothing half-written stays. Make room, then `dvc repro` goes on with this stage"
    except RuntimeError as error:
        if type(error).__name__ != "OutOfMemoryError":  # PyTorch's, of a GPU; most stages do without PyTorch
            raise
        return f"{error}\nThe GPU has not enough memory: end what else uses it, or set runtime.device to cpu"
    return ""


def _place(address: str) -> str:
    """Which of all stages this one is, empty outside DVC; those that are up to date, DVC skips."""
    if not address:
        return ""
    return progress.place(address, environment.read("dvc.yaml").get("stages", {}), params.document())
