"""`dalsegno card MODEL`: a model card from the results of the run."""

import argparse
from pathlib import Path

from dalsegno.cli import weights
from dalsegno.inference import card
from dalsegno.pipeline import files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The model, and where the card goes."""
    parser.add_argument("model", metavar="MODEL", help="a key of the run, such as cnn/conv, or an ensemble")
    parser.add_argument("--to", metavar="FILE", type=Path, help="write it there, such as README.md (default: print it)")


def run(arguments: argparse.Namespace) -> None:
    """Print or write the card. Raises UserError if the run has not scored the model."""
    licences = {published.path.as_posix(): published.licence for published in weights.table().values()}
    text = card.card(arguments.model, licences)
    if arguments.to is None:
        print(text, end="")
        return
    files.write_text(arguments.to, text)
    print(arguments.to)
