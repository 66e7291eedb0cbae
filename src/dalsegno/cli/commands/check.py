"""`dalsegno check`: all problems of params.yaml and of what it names."""

import argparse
import json

from dalsegno.cli.checking import everything
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.refusals import Refused


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether people or a script read the answer."""
    parser.add_argument("--json", action="store_true", help="print the problems as JSON; exit code 1 if there are any")


def run(arguments: argparse.Namespace) -> int:
    """Say all that would stop a run, or that nothing would; the exit code. Raises UserError with all problems, unless in JSON."""
    if not arguments.json:
        everything.check_all()
        print(f"{params.FILE}: no problems")
        return 0
    problems = _problems()
    print(json.dumps({"problems": problems}, indent=1, ensure_ascii=False))
    return int(bool(problems))


def _problems() -> list[str]:
    try:
        everything.check_all()
    except Refused as error:
        return error.problems
    except UserError as error:
        return [str(error)]
    return []
