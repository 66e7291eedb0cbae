"""`dalsegno export MODEL --onnx`: a network for other programs, checked to give the same probabilities."""

import argparse
from pathlib import Path

from dalsegno.cli import options
from dalsegno.inference import model
from dalsegno.pipeline import params


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The model, the format and the file."""
    options.examples(parser, "dalsegno export cnn/conv --onnx", "dalsegno export cnn/conv --onnx --to jukebox.onnx")
    parser.add_argument(
        "model", metavar="MODEL", type=options.name, help="a key of the run, such as cnn/conv, or a model.pt"
    )
    parser.add_argument("--onnx", action="store_true", required=True, help="write ONNX, the only format")
    parser.add_argument(
        "--to",
        metavar="FILE",
        type=options.written(".onnx"),
        help="the file to write (default: <family>_<key>.onnx, here)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Write the graph and its recipe. Raises UserError if the architecture cannot be exported, or gives other numbers."""
    path = arguments.to or Path(f"{_name(arguments.model)}.onnx")
    loaded = model.load(arguments.model)
    onnx_file = params.component("dalsegno.inference", "onnx_file")  # not for the help: it takes PyTorch
    difference = onnx_file.write(loaded, path)
    print(f"{path} and {path.with_suffix('.json')}: onnxruntime gives the same probabilities, to {difference:.0e}")


def _name(model: str) -> str:
    """`cnn_conv` of the key `cnn/conv`, or of a path that ends in it."""
    folder = Path(model.removesuffix("/model.pt").removesuffix(".pt"))
    return "_".join([part for part in folder.parts if part not in (folder.anchor, "..")][-2:]) or "model"
