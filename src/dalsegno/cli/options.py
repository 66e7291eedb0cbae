"""What commands share: names and paths as words of a command line, files to write, and examples in the help."""

import argparse
import re
from collections.abc import Callable
from pathlib import Path

from dalsegno.pipeline.errors import joined

MODEL = "a key of the run, such as cnn/conv, an ensemble, or a stored file"


def name(word: str) -> str:
    """A model, or a revision. An empty word, such as an unset variable in a script, is refused: as a path it would be the current
    folder, as a revision the last commit."""
    if not word:
        raise argparse.ArgumentTypeError("it is empty")
    return word


def path(word: str) -> Path:
    """A file or folder, to read or to write. An address is refused as it was typed, of which a path drops a slash, and `-`, which
    elsewhere means standard input or output and here would be a file of that name."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", word):
        raise argparse.ArgumentTypeError(f"{word!r} is an address; download it, and name the file or folder")
    if word == "-":
        raise argparse.ArgumentTypeError("'-' is not a file; standard input and output cannot be named")
    return Path(name(word))


def written(*suffixes: str) -> Callable[[str], Path]:
    """A file to write in the format that `suffixes` stand for. Another suffix is refused: it would promise another format, and may
    be that of a recording or a model, which would be lost."""

    def checked(word: str) -> Path:
        target = path(word)
        if target.suffix.lower() not in ("", *suffixes):
            raise argparse.ArgumentTypeError(
                f"{word!r} does not end in {joined(suffixes, 'or')}, the format that is written"
            )
        return target

    return checked


def examples(parser: argparse.ArgumentParser, *lines: str, more: str = "") -> None:
    """Put command lines below the help of a command, and `more` below them, both as they are."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(["examples:", *(f"  {line}" for line in lines), *(["", more] if more else [])])
