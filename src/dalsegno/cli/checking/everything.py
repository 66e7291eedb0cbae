"""`dalsegno check`: all that would stop a run, said at once and before anything is computed."""

from pathlib import Path
from typing import Any

import yaml

from dalsegno.cli.checking import inputs
from dalsegno.clips import dataset, listing
from dalsegno.clips.tree import walk
from dalsegno.pipeline import check, environment, params, runtime
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.refusals import Refused
from dalsegno.report.paper import own_words


def check_all() -> None:
    """Raise Refused with all that is wrong with params.yaml, the files it names, the repository and the device.

    Raises UserError where there is no repository of ours at all.
    """
    stages = Path("stages")
    if not stages.is_dir():
        raise UserError(f"{stages}: no such folder in {Path.cwd()}; run from the top of the repository")
    try:
        doc = params.document()
        data_set, named = _data_set(doc), inputs.problems(doc, Path("dvc.yaml"))
        if data_set:  # says of a root that is not there what was expected in it
            named = [line for line in named if not line.startswith("dataset.root: ") or "leads nowhere" not in line]
        problems = [*check.problems(stages), *data_set, *named, *_device(doc), *_reasons(doc)]
    except UserError as error:
        problems = [str(error).removeprefix(f"{params.FILE}: ")]
    if not problems:
        # chosen by name, as they import PyTorch, for which no fault above waits
        later = [params.component("dalsegno.cli.checking", name) for name in ("named_models", "agreement", "networks")]
        problems = [line for module in later for line in module.problems()]
    problems += [*_repository(), *_locks()]
    if problems:
        raise Refused(list(dict.fromkeys(problems)))


def _data_set(doc: dict[str, Any]) -> list[str]:
    """Why the clips of the data set cannot be listed, unless `inputs.problems` says of it that a stage makes it, that
    DVC fetches it, or that it holds this repository.

    `pipeline.check` judges its other parameters.
    """
    p, problems = params.parse("dataset", doc.get("dataset"), dataset.Params)
    root = Path("" if problems else p.root)
    holds_us = Path.cwd().is_relative_to(inputs.real(root))
    if problems or holds_us or inputs.unfetched(root) or (root.is_relative_to("data") and not root.exists()):
        return []
    try:
        listing.listing(root, p)
    except UserError as error:
        message = str(error).removeprefix(f"{params.FILE}: ")
        where = f"\n  {dataset.WHERE}" if isinstance(error, walk.Missing) else ""
        return [message if message.startswith("dataset.") else f"dataset.root: {message}{where}"]
    return []


def _device(doc: dict[str, Any]) -> list[str]:
    p, problems = params.parse("runtime", doc.get("runtime"), runtime.Runtime)
    try:
        if not problems and p.device == "cuda":
            p.torch_device()
    except UserError as error:
        return [str(error)]
    return []


def _reasons(doc: dict[str, Any]) -> list[str]:
    """Reasons in the report for what params.yaml does not ask for; `pipeline.check` finds other faults, such as no entries."""
    p, problems = params.parse("paper", doc.get("paper"), own_words.Params)
    entries = all(isinstance(doc.get(section), dict) for section in own_words.EXPLAINED)
    return own_words.unknown(p, doc) if entries and not problems else []


def _repository() -> list[str]:
    """DVC runs nothing outside a Git repository, nor where its own folder is missing."""
    here, problems = Path.cwd(), []
    if not any((folder / ".git").exists() for folder in (here, *here.parents)):
        start = "git init && git add --all && git commit -m start"
        problems = [f"there is no Git repository in {here}, and DVC needs one: {start}"]
    if not (here / ".dvc").is_dir():
        problems.append(
            f"there is no folder .dvc in {here}, perhaps because hidden files were not copied: copy it, or run `dvc init`"
        )
    return problems


def _locks() -> list[str]:
    """DVC writes the whole of a dvc.lock after each stage, in place: if it is stopped meanwhile, it cannot read it any more.

    `dvc repro` reads those of searches and of final models as well, whatever it is to run.
    """
    from dvc.dvcfile import Lockfile
    from dvc.exceptions import DvcException

    problems = []
    for lock in filter(Path.is_file, (Path("dvc.lock"), Path("search/dvc.lock"), Path("final/dvc.lock"))):
        try:
            Lockfile.validate(environment.read(lock), str(lock))
        except (yaml.YAMLError, ValueError, DvcException):
            problems.append(
                f"{lock}: cut off, as DVC was stopped while it wrote it, or in conflict after a merge: call `git checkout HEAD "
                f"{lock}`, or delete it if Git has none, and `dvc repro` takes what was finished from its cache"
            )
    return problems
