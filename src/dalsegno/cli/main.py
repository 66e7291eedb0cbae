"""What people type: `dalsegno datasets`, `dalsegno doctor FOLDER`, `dalsegno check`, `dalsegno weights list`."""

import argparse
import os
import pkgutil
import sys
from pathlib import Path

from dalsegno import datasets
from dalsegno.cli import weights
from dalsegno.clips import examine, folder
from dalsegno.clips.dataset import Params
from dalsegno.pipeline import check, files, params
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.refusals import Refused
from dalsegno.pipeline.runtime import Runtime
from dalsegno.report import doctor_page

DATASETS = sorted(module.name for module in pkgutil.iter_modules(datasets.__path__))


def main(words: list[str] | None = None) -> None:
    """Do what the command line, or `words` in its place, asks for; exit code 1 and a plain message if it cannot be."""
    asked = _parser().parse_args(words)
    try:
        asked.do(asked)
        sys.stdout.flush()
    except UserError as error:
        sys.exit(f"dalsegno: {error}")
    except BrokenPipeError:  # `| head` has read enough; without this Python complains as it flushes at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def list_datasets(_: argparse.Namespace) -> None:
    """Print every layout of data that can be read, and what it expects on disk."""
    for name in DATASETS:
        adapter = params.component("dalsegno.datasets", name)
        layout = "\n".join(f"    {line}" for line in adapter.EXPECTS.strip().splitlines())
        print(f"{name}: {adapter.__doc__.splitlines()[0]}\n{layout}\n")


def doctor(asked: argparse.Namespace) -> None:
    """Examine a folder as the stage `clips` does. Raises UserError if no file in it can be used."""
    examination = examine.examine(asked.folder, Params(name=asked.dataset, root=str(asked.folder)), Runtime())
    examine.report(examination)
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
        raise Refused(found)
    p = params.load(dataset=Params)
    if p.name not in DATASETS:
        raise UserError(f"{params.FILE}: dataset.name: got {p.name!r}; there are: {', '.join(DATASETS)}")
    if not Path(p.root).is_relative_to("data"):  # what the pipeline makes is not there before its first run
        folder.check(Path(p.root), params.component("dalsegno.datasets", p.name).EXPECTS)
    print(f"{params.FILE}: no problems")


def list_weights(_: argparse.Namespace) -> None:
    """Print all published weights that can be fetched, and which of them are there."""
    print("\n".join(weights.told()), end="")


def fetch_weights(asked: argparse.Namespace) -> None:
    """Download published weights. Raises UserError if they do not arrive whole and as published."""
    if not Path(params.FILE).is_file():
        raise UserError(f"{params.FILE}: no such file in {Path.cwd()}; run from the top of the repository")
    print(f"{weights.fetch(asked.name)}: whole, and as published")


def verify_weights(_: argparse.Namespace) -> None:
    """Print a line about each file in the folder of weights. Raises UserError if one is not what was published."""
    n_wrong = 0
    for line, right in weights.verify():
        print(line)
        n_wrong += not right
    if n_wrong:
        raise UserError(f"{n_wrong} wrong in {weights.FOLDER}; remove what is wrong and fetch it again")


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
    one = commands.add_parser("weights", help="published weights to begin from: what there is, fetch, verify")
    actions = one.add_subparsers(required=True, metavar="COMMAND")
    one = actions.add_parser("list", help="list them: size, licence, what to write in params.yaml, checksum, source")
    one.set_defaults(do=list_weights)
    one = actions.add_parser("fetch", help="download some, going on where an earlier download was cut off")
    one.add_argument("name", metavar="NAME", help="as `dalsegno weights list` calls them")
    one.set_defaults(do=fetch_weights)
    one = actions.add_parser("verify", help="check those that are there against their SHA-256")
    one.set_defaults(do=verify_weights)
    return parser
