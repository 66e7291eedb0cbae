"""`dalsegno check`: all problems of params.yaml and of what it names."""

import argparse

from dalsegno.cli import check
from dalsegno.pipeline import params


def add_arguments(_: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_: argparse.Namespace) -> None:
    """Say all that would stop a run, or that nothing would. Raises UserError with all problems."""
    check.check_all()
    print(f"{params.FILE}: no problems")
