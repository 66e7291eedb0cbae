"""How a stage script starts and ends."""

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path

from dalsegno.pipeline import check, environment, params, progress
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.refusals import Refused


def run(main: Callable[..., None]) -> None:
    """Call a stage's `main` with the words of the command line; a UserError ends it with exit code 1, no traceback.

    A stage that refuses its own section tells the problems of all others as well, so that they are mended in one go.
    """
    gc.freeze()  # what is imported stays to the end: to look there for garbage takes a fifth of the time of a short stage
    script = Path(sys.argv[0])
    try:
        if place := _place(os.environ.get("DVC_STAGE", "")):  # DVC sets it
            progress.say(place)
        if differences := environment.differences():
            progress.say(f"installed at another version than {environment.FILE} has: {', '.join(differences)}")
        main(*sys.argv[1:])
    except Refused as error:
        others = [p for p in check.problems(script.parent) if p not in error.problems]
        sys.exit(f"\n{script.stem}: {Refused(error.problems + others)}")
    except UserError as error:
        sys.exit(f"\n{script.stem}: {error}")
    finally:
        gc.unfreeze()  # Python's own end collects it: what stays frozen, nanobind would list on the terminal as leaked


def _place(address: str) -> str:
    """Which of all stages this one is, empty outside DVC; those that are up to date, DVC skips."""
    if not address:
        return ""
    return progress.place(address, environment.read("dvc.yaml").get("stages", {}), params.document())
