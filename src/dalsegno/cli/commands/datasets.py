"""`dalsegno datasets`: the layouts of data that can be read."""

import argparse
import pkgutil

from dalsegno import datasets
from dalsegno.pipeline import params

NAMES = sorted(module.name for module in pkgutil.iter_modules(datasets.__path__))


def add_arguments(_: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_: argparse.Namespace) -> None:
    """Print every layout, and what it expects on disk."""
    for name in NAMES:
        adapter = params.component("dalsegno.datasets", name)
        layout = "\n".join(f"    {line}" for line in adapter.EXPECTS.strip().splitlines())
        print(f"{name}: {adapter.__doc__.splitlines()[0]}\n{layout}\n")
