"""How a stage script starts and ends."""

import sys
from collections.abc import Callable
from pathlib import Path

from dalsegno.pipeline import check, environment, progress
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.refusals import Refused


def run(main: Callable[..., None]) -> None:
    """Call a stage's `main` with the words of the command line; a UserError ends it with exit code 1, no traceback.

    A stage that refuses its own section tells the problems of all others as well, so that they are mended in one go.
    """
    script = Path(sys.argv[0])
    try:
        if differences := environment.differences():
            progress.say(f"installed at another version than {environment.FILE} has: {', '.join(differences)}")
        main(*sys.argv[1:])
    except Refused as error:
        others = [p for p in check.problems(script.parent) if p not in error.problems]
        sys.exit(f"\n{script.stem}: {Refused(error.problems + others)}")
    except UserError as error:
        sys.exit(f"\n{script.stem}: {error}")
