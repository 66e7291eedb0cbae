"""`dalsegno diff REV`: each model's difference between two revisions."""

import argparse
import json
import sys
from dataclasses import asdict

from dalsegno.cli import diff, options
from dalsegno.pipeline.errors import UserError

LOST, UNKNOWN = 1, 2  # exit codes of --fail-if-worse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The revisions, and whether a loss is an error."""
    parser.add_argument("old", metavar="REV", type=options.name, help="a branch, tag, commit or experiment")
    parser.add_argument(
        "new",
        metavar="REV",
        nargs="?",
        type=options.name,
        help="the revision to compare with it (default: the workspace)",
    )
    parser.add_argument(
        "--fail-if-worse",
        action="store_true",
        help="exit with 1 if a model lost more than chance explains, and with 2 if nothing could be compared",
    )
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")


def run(arguments: argparse.Namespace) -> int | None:
    """Print the differences; LOST if a loss is to end in that, and then UNKNOWN if there is nothing to compare."""
    try:
        differences = diff.differences(arguments.old, arguments.new)
    except UserError as error:
        if not arguments.fail_if_worse:
            raise
        print(f"dalsegno: {error}", file=sys.stderr)
        return UNKNOWN
    print(json.dumps(asdict(differences), indent=1) if arguments.json else "\n".join(differences.lines()))
    if arguments.fail_if_worse and differences.worse:
        print(
            f"dalsegno: worse than in {arguments.old}, beyond chance: {', '.join(differences.worse)}", file=sys.stderr
        )
        return LOST
    return None
