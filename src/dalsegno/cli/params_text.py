"""The text of params.yaml: read, with another value and every other character as it was, and how it differs."""

import difflib
from pathlib import Path
from typing import Any, NoReturn

import yaml

from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError


def read() -> str:
    """The text as it is. Raises UserError where there is no such file."""
    here = Path(params.FILE)
    if not here.is_file():
        raise UserError(f"{here}: no such file in {Path.cwd()}; run from the top of the repository")
    return here.read_text(encoding="utf-8")


def difference(before: str, after: str, name: str, other: str) -> str:
    """The lines that differ, each with one around it, under the names of both; empty if none does."""
    return "".join(difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, other, n=1))


def with_value(text: str, path: list[str], written: str) -> str:
    """`text` with `written`, a value in YAML, at `path`, which is added to its section if it is not there.

    Raises UserError if that section is not there.
    """
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
    raise UserError(f"{params.FILE} has no {'.'.join(path)} to write to")
