"""`dalsegno datasets`: the layouts of data that can be read."""

import argparse
import pkgutil
from pathlib import Path

from dalsegno import datasets
from dalsegno.clips.dataset import Params
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.refusals import Refused, mapping

NAMES = sorted(module.name for module in pkgutil.iter_modules(datasets.__path__))


def asked(folder: Path, name: str) -> Params:
    """A folder as the layout `name`; what a table needs besides is taken from params.yaml. Raises UserError if it is not there."""
    if name != "table":
        return Params(name=name, root=str(folder))
    section = mapping(params.document(), "dataset") if Path(params.FILE).is_file() else {}
    if section.get("name") != name:
        raise UserError(
            f"--dataset {name}: {params.FILE} has to say which file is the table and what its columns are called: set "
            f"dataset.name to {name}, and set dataset.table and dataset.columns"
        )
    p, problems = params.parse("dataset", section | {"root": str(folder)}, Params)
    if problems:
        raise Refused(problems)
    return p


def add_arguments(_: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_: argparse.Namespace) -> None:
    """Print every layout, and what it expects on disk."""
    for name in NAMES:
        adapter = params.component("dalsegno.datasets", name)
        layout = "\n".join(f"    {line}" for line in adapter.EXPECTS.strip().splitlines())
        print(f"{name}: {adapter.__doc__.splitlines()[0]}\n{layout}\n")
