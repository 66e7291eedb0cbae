"""What the commands about trained models share: the model, what is read, what is written, and examples in the help."""

import argparse
from pathlib import Path

MODEL = "a key of the run, such as cnn/conv, an ensemble, or a stored file"


def name(word: str) -> str:
    """A model. An unset variable of a script is no name, and as a path it would be the folder that one is in."""
    if not word:
        raise argparse.ArgumentTypeError("it is empty")
    return word


def path(word: str) -> Path:
    """A file or folder, to read or to write."""
    return Path(name(word))


def examples(parser: argparse.ArgumentParser, *lines: str, more: str = "") -> None:
    """Put command lines below the help of a command, and `more` under them, as it is."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(["examples:", *(f"  {line}" for line in lines), *(["", more] if more else [])])
