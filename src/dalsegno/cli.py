"""What people type: `dalsegno datasets`, `dalsegno doctor FOLDER`, `dalsegno check`."""

import argparse
import pkgutil
import sys
from pathlib import Path

from dalsegno import check, clips, datasets, doctor_page, files, params, tree
from dalsegno.dataset import Params
from dalsegno.params import UserError
from dalsegno.runtime import Runtime

DATASETS = sorted(module.name for module in pkgutil.iter_modules(datasets.__path__))


def main(words: list[str] | None = None) -> None:
    """Do what the command line, or `words` in its place, asks for; exit code 1 and a plain message if it cannot be."""
    asked = _parser().parse_args(words)
    try:
        asked.do(asked)
    except UserError as error:
        sys.exit(f"dalsegno: {error}")


def list_datasets(_: argparse.Namespace) -> None:
    """Print every layout of data that can be read, and what it expects on disk."""
    for name in DATASETS:
        adapter = params.component("dalsegno.datasets", name)
        layout = "\n".join(f"    {line}" for line in adapter.EXPECTS.strip().splitlines())
        print(f"{name}: {adapter.__doc__.splitlines()[0]}\n{layout}\n")


def doctor(asked: argparse.Namespace) -> None:
    """Examine a folder as the stage `clips` does. Raises UserError if no file in it can be used."""
    examination = clips.examine(asked.folder, Params(name=asked.dataset, root=str(asked.folder)), Runtime())
    clips.report(examination)
    if asked.page:
        files.write_text(asked.page, doctor_page.render(examination))


def check_params(_: argparse.Namespace) -> None:
    """Hold params.yaml against every stage, and see that the data are there. Raises UserError with all problems.

    DVC itself stops at a missing folder before any stage of ours can say what it should have held.
    """
    stages = Path("stages")
    if not stages.is_dir():
        raise UserError(f"{stages}: no such folder in {Path.cwd()}; run from the top of the repository")
    found = check.problems(stages)
    if found:
        raise params.Refused(found)
    p = params.load(dataset=Params)
    if p.name not in DATASETS:
        raise UserError(f"{params.FILE}: dataset.name: got {p.name!r}; there are: {', '.join(DATASETS)}")
    if not Path(p.root).is_relative_to("data"):  # what the pipeline makes is not there before its first run
        tree.check(Path(p.root), params.component("dalsegno.datasets", p.name).EXPECTS)
    print(f"{params.FILE}: no problems")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dalsegno", description="A DVC workflow for music audio classification.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("datasets", help="list the layouts of data that can be read, and what each expects")
    one.set_defaults(do=list_datasets)
    one = commands.add_parser("doctor", help="examine a folder of clips: what can be used, what not and why")
    one.add_argument("folder", type=Path)
    one.add_argument("--dataset", choices=DATASETS, default="folders", help="its layout (default: %(default)s)")
    one.add_argument("--page", type=Path, metavar="FILE", help="write the findings as HTML as well")
    one.set_defaults(do=doctor)
    one = commands.add_parser("check", help="say all that is wrong with params.yaml, and whether the data are there")
    one.set_defaults(do=check_params)
    return parser
