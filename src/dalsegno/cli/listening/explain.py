"""`dalsegno explain MODEL FILE`: one picture of a file, of what in it the model goes by, and of its answer over time."""

import argparse
from pathlib import Path

from dalsegno.cli import options
from dalsegno.cli.listening.answers import printable
from dalsegno.inference import model
from dalsegno.inference.hearing import shortfall
from dalsegno.pipeline import files, params, progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The model, the file, the class and the picture."""
    options.examples(
        parser, "dalsegno explain cnn/conv song.mp3", "dalsegno explain cnn/conv song.mp3 --label jazz --to jazz.png"
    )
    parser.add_argument("model", metavar="MODEL", type=options.name, help=options.MODEL)
    parser.add_argument(
        "file", metavar="FILE", type=options.path, help="a file of sound, or a picture for a model of pictures"
    )
    parser.add_argument("--label", help="the class to explain (default: the most probable one)")
    parser.add_argument(
        "--to",
        metavar="PNG",
        type=options.written(".png"),
        help="the picture (default: <name of the file>.explained.png in the current folder)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Write the picture. Raises UserError if the file cannot be read."""
    portrait = params.component("dalsegno.inference", "portrait")  # not for the help: it takes PyTorch
    found = portrait.explained(model.load(arguments.model), arguments.file, arguments.label)
    path = arguments.to or Path(f"{arguments.file.stem}.explained.png")
    with files.atomic(path) as draft:
        draft.write_bytes(portrait.png(found))
    print(path)
    if note := shortfall.note(arguments.file):
        progress.warn(f"dalsegno: {printable(arguments.file)}: {note}")
