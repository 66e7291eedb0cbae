"""The command line: `dalsegno COMMAND …`. A command is a file, which is imported only if it is asked for."""

import argparse
import importlib
import io
import os
import sys

from dalsegno.pipeline.cluster import ending
from dalsegno.pipeline.errors import FULL, UserError, hint, of_file

COMMANDS = {
    "datasets": ("commands", "list the layouts of data that can be read, and what each expects"),
    "doctor": ("commands", "examine a folder of clips: which can be used, which cannot, and why"),
    "music": ("commands", "use a folder of your own from now on: write its path into params.yaml"),
    "groups": ("commands", "draft a groups.csv from tags and folders, for you to correct"),
    "check": ("commands", "list all problems with params.yaml, and check that the data are there"),
    "check-encoder": ("commands", "try an encoder of your own on silence, noise, short and long sound"),
    "use": ("commands", "replace params.yaml by a recipe, or undo that"),
    "apply-search": ("commands", "write the best values of a search into params.yaml"),
    "diff": ("commands", "compare every model's predictions with those of another revision"),
    "kaggle-score": ("commands", "record the Kaggle score of a model's submission"),
    "weights": ("commands", "list, fetch or verify published weights to start from"),
    "new": ("making", "start a new architecture, data set or feature: working code with its test"),
    "completion": ("making", "print a script that makes bash, zsh or fish complete commands and names"),
    "predict": ("listening", "classify files or folders of sound with a trained model"),
    "evaluate": ("listening", "score a trained model on another labelled collection"),
    "explain": ("listening", "draw a picture of what in a file supports a model's answer"),
    "export": ("listening", "write a network as ONNX, and a description of how sound becomes its input"),
    "card": ("listening", "write a model card from the results of the run"),
    "demo": ("listening", "open a local page to try models on your own sound"),
}
"""Each command with the folder that its file is in, and its line in the help."""


def main(words: list[str] | None = None) -> None:
    """Run the command line `words`, or that of the process; end with exit code 1 and a plain message if it cannot be done."""
    whole, words = words is None, sys.argv[1:] if words is None else words
    if whole:
        ending.interrupt_between_imports()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name may be what the terminal cannot show
    word = _parser().parse_args(words[:1]).command
    if word not in COMMANDS:
        sys.exit(f"dalsegno: there is no command {word!r}{hint(word, list(COMMANDS))}; `dalsegno --help` lists them")
    try:
        code = _run(word, words[1:])
        print(end="", flush=True)
    except UserError as error:
        sys.exit(f"dalsegno: {error}")
    except KeyboardInterrupt:
        sys.exit(ending.INTERRUPTED)
    except BrokenPipeError:  # `| head` has read enough
        _end_output()
        sys.exit(1)
    except OSError as error:
        if error.filename is None and error.errno not in FULL:
            raise
        if error.filename is None:
            _end_output()
        sys.exit(f"dalsegno: {of_file(error, 'the output')}")
    if whole and "torch" in sys.modules:
        ending.end(code or 0)
    if code:
        sys.exit(code)


def _end_output() -> None:
    """Send what is still to be printed nowhere; else Python complains as it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(word: str, words: list[str]) -> int | None:
    """Run one command; the exit code that it asks for, if it asks for one."""
    folder, about = COMMANDS[word]
    command = importlib.import_module(f"dalsegno.cli.{folder}.{word.replace('-', '_')}")
    parser = argparse.ArgumentParser(prog=f"dalsegno {word}", description=f"{about[0].upper()}{about[1:]}.")
    command.add_arguments(parser)
    arguments = parser.parse_args(words)
    return arguments.run(arguments) if hasattr(arguments, "run") else command.run(arguments)


def _parser() -> argparse.ArgumentParser:
    lines = "\n".join(f"  {word:<13} {about}" for word, (_, about) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="dalsegno", description="A DVC workflow for music audio classification.",
        epilog=f"commands:\n{lines}\n\n`dalsegno COMMAND --help` says more about a command.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("command", metavar="COMMAND", help="one of the commands below")
    return parser
