"""The command line: `dalsegno datasets`, `doctor FOLDER`, `check`, `diff REV`, `kaggle-score MODEL SCORE`, `weights list`."""

import argparse
import os
import pkgutil
import sys
from pathlib import Path

from dalsegno import datasets
from dalsegno.cli import check, diff, kaggle, weights
from dalsegno.clips import examine
from dalsegno.clips.dataset import Params
from dalsegno.pipeline import files, params
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.runtime import Runtime
from dalsegno.report.doctor import page, terminal

N_SHOWN = 20  # files of each kind that the doctor lists
DATASETS = sorted(module.name for module in pkgutil.iter_modules(datasets.__path__))


def main(words: list[str] | None = None) -> None:
    """Run the command line `words`, or that of the process; end with exit code 1 and a plain message if it cannot be done."""
    arguments = _parser().parse_args(words)
    try:
        arguments.run(arguments)
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


def doctor(arguments: argparse.Namespace) -> None:
    """Examine a folder as the stage `clips` does. Raises UserError if no file in it can be used."""
    p = Params(name=arguments.dataset, root=str(arguments.folder))
    examination = examine.examine(arguments.folder, p, Runtime())
    terminal.report(examination, None if arguments.all else N_SHOWN)
    if arguments.page:
        files.write_text(arguments.page, page.render(examination))


def check_params(_: argparse.Namespace) -> None:
    """Say all that would stop a run, or that nothing would. Raises UserError with all problems."""
    check.check_all()
    print(f"{params.FILE}: no problems")


def compare_revisions(arguments: argparse.Namespace) -> None:
    """Print each model's difference between two revisions. Raises UserError if that is what a loss is to end in."""
    differences = diff.differences(arguments.old, arguments.new)
    print("\n".join(differences.lines()))
    if arguments.fail_if_worse and differences.worse:
        raise UserError(f"worse than in {arguments.old}, beyond chance: {', '.join(differences.worse)}")


def note_score(arguments: argparse.Namespace) -> None:
    """Note what Kaggle said of a model. Raises UserError for an unknown model, or what is no score."""
    print(kaggle.note(arguments.model, arguments.score, arguments.date))


def list_weights(_: argparse.Namespace) -> None:
    """Print all published weights that can be fetched, and which of them are there."""
    print("\n".join(weights.descriptions()), end="")


def fetch_weights(arguments: argparse.Namespace) -> None:
    """Download published weights. Raises UserError if they do not arrive whole and as published."""
    if not Path(params.FILE).is_file():
        raise UserError(f"{params.FILE}: no such file in {Path.cwd()}; run from the top of the repository")
    print(f"{weights.fetch(arguments.name)}: whole, and as published")


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
    command = commands.add_parser("datasets", help="list the layouts of data that can be read, and what each expects")
    command.set_defaults(run=list_datasets)
    command = commands.add_parser("doctor", help="examine a folder of clips: which can be used, which not and why")
    command.add_argument("folder", type=Path)
    command.add_argument("--dataset", choices=DATASETS, default="folders", help="its layout (default: %(default)s)")
    command.add_argument("--all", action="store_true", help=f"list every file of a kind, not {N_SHOWN} at most")
    command.add_argument("--page", type=Path, metavar="FILE", help="write the findings as HTML as well")
    command.set_defaults(run=doctor)
    command = commands.add_parser("check", help="list all problems of params.yaml, and see that the data are there")
    command.set_defaults(run=check_params)
    command = commands.add_parser("diff", help="compare every model's predictions with those of another revision")
    command.add_argument("old", metavar="REV", help="a branch, tag, commit or experiment")
    command.add_argument("new", metavar="REV", nargs="?", help="what is compared with it (default: the workspace)")
    command.add_argument(
        "--fail-if-worse", action="store_true", help="exit with 1 if a model lost more than chance explains"
    )
    command.set_defaults(run=compare_revisions)
    command = commands.add_parser("kaggle-score", help="note the score that came back for a model's submission")
    command.add_argument("model", metavar="MODEL", help="as the report calls it, such as mlp/small")
    command.add_argument("score", metavar="SCORE", help="a share such as .79, or per cent such as 79%%")
    command.add_argument("--date", metavar="DATE", help="when it was submitted, such as 2026-05-31 (default: today)")
    command.set_defaults(run=note_score)
    _add_weights(commands.add_parser("weights", help="published weights to begin from: list, fetch, verify"))
    return parser


def _add_weights(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("list", help="list them: size, licence, lines for params.yaml, checksum, source")
    command.set_defaults(run=list_weights)
    command = commands.add_parser("fetch", help="download one, going on from where an earlier download was cut off")
    command.add_argument("name", metavar="NAME", help="as `dalsegno weights list` calls it")
    command.set_defaults(run=fetch_weights)
    command = commands.add_parser("verify", help="check the files that are there against their SHA-256")
    command.set_defaults(run=verify_weights)
