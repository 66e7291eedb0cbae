"""`dalsegno diff REV`: each model's difference between two revisions."""

import argparse
import json
from dataclasses import asdict

from dalsegno.cli import diff
from dalsegno.pipeline.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The revisions, and whether a loss is an error."""
    parser.add_argument("old", metavar="REV", help="a branch, tag, commit or experiment")
    parser.add_argument("new", metavar="REV", nargs="?", help="what is compared with it (default: the workspace)")
    parser.add_argument(
        "--fail-if-worse", action="store_true", help="exit with 1 if a model lost more than chance explains"
    )
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Print the differences. Raises UserError if a loss is to end in that."""
    differences = diff.differences(arguments.old, arguments.new)
    print(json.dumps(asdict(differences), indent=1) if arguments.json else "\n".join(differences.lines()))
    if arguments.fail_if_worse and differences.worse:
        raise UserError(f"worse than in {arguments.old}, beyond chance: {', '.join(differences.worse)}")
