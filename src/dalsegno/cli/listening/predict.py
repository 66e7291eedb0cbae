"""`dalsegno predict MODEL FILE|FOLDER…`: what a trained model calls new sound."""

import argparse
import math
import sys

from dalsegno.cli import options
from dalsegno.cli.listening import answers
from dalsegno.inference import asked, model
from dalsegno.pipeline import progress

UNREAD = 3  # the exit code if some of the files could not be read
EVERY_S, LONGEST_S = 5.0, 86_400  # of the parts of a recording


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The model, what it is asked about, and how it answers."""
    options.examples(
        parser,
        "dalsegno predict cnn/conv song.mp3 more_songs/",
        "dalsegno predict cnn/conv concert.flac --timeline 10 --threshold 0.5",
        "dalsegno predict ensembles/three songs/ --format csv > answers.csv",
        more=f"""\
exit codes:
  0  every file has an answer
  {UNREAD}  at least one file could not be read: each of these has a message (in JSON, an error), and the others have an answer
  1  no file was tried, for example because the model cannot be used: there is a message, and no other output""",
    )
    parser.add_argument("model", metavar="MODEL", type=options.name, help=options.MODEL)
    parser.add_argument(
        "paths", metavar="FILE|FOLDER", nargs="+", type=options.path,
        help="a file, whatever its suffix, or a folder: all sound in it and in its sub-folders, except hidden files",
    )  # fmt: skip
    parser.add_argument(
        "--format", choices=answers.FORMATS, default="table", help="format of the output (default: %(default)s)"
    )
    parser.add_argument(
        "--top", type=_count, metavar="K", help="name the K most probable classes (default: 3 in a table, else all)"
    )
    parser.add_argument(
        "--threshold", type=_share, metavar="P", default=0.0, help="name no class that is less probable than P"
    )
    parser.add_argument(
        "--calibrated", action="store_true",
        help="scale the probabilities by the temperatures fitted on validation clips; without it, the probabilities are those of the run",
    )  # fmt: skip
    parser.add_argument(
        "--timeline", type=_seconds, metavar="SECONDS", nargs="?", const=EVERY_S,
        help="divide a recording into parts of so many seconds and classify each as a clip of its own (default: %(const)g)",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Print an answer for each file as it is found; the exit code."""
    loaded = model.load(arguments.model, arguments.calibrated)
    files = asked.listed(arguments.paths, loaded.suffixes)
    top = arguments.top or (3 if arguments.format == "table" else len(loaded.labels))
    writer = answers.FORMATS[arguments.format](loaded.labels, top, arguments.threshold, arguments.timeline is not None)
    n_unread = 0
    found = asked.answers(loaded, files, arguments.timeline)
    if len(files) > 1 and sys.stderr.isatty() and not sys.stdout.isatty():  # else the answers show how far it is
        total = len(files) if arguments.timeline is None else None
        found = progress.bar(found, "predict", total, unit="part" if arguments.timeline else "file")
    for answer in found:
        if answer.fault:
            n_unread += 1
            progress.warn(f"dalsegno: {answers.printable(answer.path)}: {answer.fault}")
        writer.add(answer)
    writer.end()
    return UNREAD if n_unread else 0


def _count(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is not a number of classes; expected 1 or more")
    return int(word)


def _share(word: str) -> float:
    share = _number(word)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{word!r} is not a probability; expected 0 to 1")
    return share


def _seconds(word: str) -> float:
    seconds = _number(word)
    if not 0.1 <= seconds <= LONGEST_S:
        raise argparse.ArgumentTypeError(
            f"{word!r} is not a number of seconds; expected 0.1 to {LONGEST_S:,}, which is a day, or put --timeline without a number after the files"
        )
    return seconds


def _number(word: str) -> float:
    """NaN, which no range holds, for what is not a number."""
    try:
        return float(word)
    except ValueError:
        return math.nan
