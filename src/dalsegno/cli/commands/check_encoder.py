"""`dalsegno check-encoder FILE`: try an encoder of one's own before a run does."""

import argparse

from dalsegno.cli import options
from dalsegno.pipeline.errors import UserError
from dalsegno.transfer.embedding import own_encoder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, and the sample rate that it is to hear."""
    parser.add_argument("file", metavar="FILE", type=options.path, help=f"a Python file with {own_encoder.CONTRACT}")
    parser.add_argument("--rate", type=_rate, default=16000, help="sample rate in Hz (default: %(default)s)")


def run(arguments: argparse.Namespace) -> None:
    """Say what it gives for several sounds. Raises UserError with all that is wrong with it."""
    said, wrong = own_encoder.check(arguments.file, arguments.rate)
    print("\n".join(said))
    if wrong:
        raise UserError("\n  ".join(["this encoder cannot be used as it is:", *wrong]))


def _rate(word: str) -> int:
    if not word.isdecimal() or not 1000 <= int(word) <= 1_000_000:  # as of a spectrogram of kind waveform
        raise argparse.ArgumentTypeError(f"{word!r} is not a sample rate; expected 1000 to 1000000 Hz")
    return int(word)
