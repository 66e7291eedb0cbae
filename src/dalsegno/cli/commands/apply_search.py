"""`dalsegno apply-search KEY`: the best values of a search in params.yaml, comments kept, the difference shown."""

import argparse
import difflib
import json
from pathlib import Path
from typing import Any, NoReturn

import yaml

from dalsegno.pipeline import files, params
from dalsegno.pipeline.errors import UserError, hint

FOUND = Path("data/searches")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which search, and whether to look only."""
    parser.add_argument("key", metavar="KEY", help="an entry of `search:` in params.yaml that was run")
    parser.add_argument("--show", action="store_true", help="show the difference and change nothing")


def run(arguments: argparse.Namespace) -> None:
    """Write the values of best.yaml. Raises UserError if the search was not run, or its entry is gone."""
    path = FOUND / arguments.key / "best.yaml"
    if not path.is_file():
        known = [best.parent.name for best in FOUND.glob("*/best.yaml")]
        raise UserError(
            f"{arguments.key}: there is no {path}{hint(arguments.key, known)}; dvc repro search/dvc.yaml:search@{arguments.key} makes it"
        )
    here = Path(params.FILE)
    before = here.read_text(encoding="utf-8")
    after = _with_values(before, yaml.safe_load(path.read_text(encoding="utf-8")))
    print(
        "".join(difflib.unified_diff(before.splitlines(True), after.splitlines(True), "before", params.FILE, n=1)),
        end="",
    )
    if before == after:
        print(f"{params.FILE} has these values already")
    elif not arguments.show:
        files.write_text(here, after)
        print(f"{params.FILE} has the best values now; `dvc repro` runs what they affect")


def _with_values(text: str, best: dict[str, dict[str, Any]]) -> str:
    """The text of params.yaml with other values; every other character stays."""
    for of, values in best.items():
        for path, value in values.items():
            text = _with_value(text, [*of.split("."), *path.split(".")], json.dumps(value))
    return text


def _with_value(text: str, path: list[str], written: str) -> str:
    *parents, last = path
    owner: Any = yaml.compose(text)
    for step in parents:
        owner = _inside(owner, step) or _gone(path)
    old = _inside(owner, last)
    if old is not None:
        end = len(text[: old.end_mark.index].rstrip())  # a block ends before the next key
        return text[: old.start_mark.index] + written + text[end:]
    if not isinstance(owner, yaml.MappingNode):
        _gone(path)
    if owner.flow_style:
        return f"{text[: owner.start_mark.index + 1]}{last}: {written}{', ' if owner.value else ''}{text[owner.start_mark.index + 1 :]}"
    first = owner.start_mark
    return f"{text[: first.index]}{last}: {written}\n{' ' * first.column}{text[first.index :]}"


def _inside(node: Any, step: str) -> Any:
    """The node of a key of a mapping, or at a place in a list; None if there is none."""
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    at = int(step) if isinstance(node, yaml.SequenceNode) and step.isdecimal() else -1
    return node.value[at] if 0 <= at < len(getattr(node, "value", [])) else None


def _gone(path: list[str]) -> NoReturn:
    raise UserError(f"{params.FILE} has no {'.'.join(path)} any more; the search was of another entry")
