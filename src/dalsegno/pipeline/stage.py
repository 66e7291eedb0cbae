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
        said = _say_differences(frozenset())
        main(*sys.argv[1:])
        _say_differences(said)  # what params.yaml chose by name was imported since
    except Refused as error:
        others = [p for p in check.problems(script.parent) if p not in error.problems]
        sys.exit(f"\n{script.stem}: {Refused(error.problems + others)}")
    except UserError as error:
        sys.exit(f"\n{script.stem}: {error}")


def _say_differences(said: frozenset[str]) -> frozenset[str]:
    """Name in one line the packages at another version than versions.yaml has, less those already `said`."""
    differences = environment.differences()
    new = [difference for difference in differences if difference not in said]
    if new:
        progress.say(f"installed at another version than {environment.FILE} names: {', '.join(new)}")
    return frozenset(differences)
