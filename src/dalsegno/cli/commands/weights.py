"""`dalsegno weights list|fetch|verify`: published weights to begin from."""

import argparse

from dalsegno.cli import params_text, weights
from dalsegno.pipeline.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with them."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("list", help="list them: size, licence, lines for params.yaml, checksum, source")
    command.set_defaults(run=list_all)
    command = commands.add_parser("fetch", help="download one file, continuing a download that was cut off")
    command.add_argument("name", metavar="NAME", help="as `dalsegno weights list` calls it")
    command.set_defaults(run=fetch)
    command = commands.add_parser("verify", help="check the downloaded files against their SHA-256")
    command.set_defaults(run=verify)


def list_all(_: argparse.Namespace) -> None:
    """Print all published weights that can be fetched, and which of them are there."""
    print("\n".join(weights.descriptions()), end="")


def fetch(arguments: argparse.Namespace) -> None:
    """Download published weights. Raises UserError if they do not arrive whole and as published."""
    params_text.existing()
    print(f"{weights.fetch(arguments.name)}: complete, and as published")


def verify(_: argparse.Namespace) -> None:
    """Print a line about each file in the folder of weights. Raises UserError if one is not what was published."""
    params_text.existing()
    n_wrong, n_files = 0, 0
    for line, right in weights.verify():
        print(line)
        n_wrong, n_files = n_wrong + (not right), n_files + 1
    if not n_files:
        print(f"{weights.FOLDER}/ holds no file to check; `dalsegno weights fetch NAME` downloads one")
    if n_wrong:
        raise UserError(f"{n_wrong} wrong in {weights.FOLDER}; remove each wrong file and fetch it again")
