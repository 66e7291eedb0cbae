"""`dalsegno demo MODEL…`: a local page on which to try models."""

import argparse

from dalsegno.cli import options
from dalsegno.inference import model
from dalsegno.pipeline import params


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The models and the port."""
    options.examples(parser, "dalsegno demo cnn/conv", "dalsegno demo cnn/conv classical/svm --port 8000")
    parser.add_argument(
        "models",
        metavar="MODEL",
        nargs="+",
        type=options.name,
        help="a key of the run, an ensemble or a stored file; several are compared side by side",
    )
    parser.add_argument("--port", type=int, help="port of the page (default: the first free one from 7860 on)")


def run(arguments: argparse.Namespace) -> None:
    """Serve the page until interrupted. Raises UserError if it cannot be opened."""
    demo = params.component("dalsegno.inference", "demo")  # not for the help: it takes PyTorch
    demo.launch([model.load(name) for name in arguments.models], arguments.port)
