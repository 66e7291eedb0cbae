"""The text of params.yaml: read, with another value and every other character as it was, and how it differs."""

import difflib
from functools import reduce
from pathlib import Path
from typing import Any

import yaml

from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.lineage.templates import inside
from dalsegno.pipeline.refusals import unreadable


def existing(path: str | Path = params.FILE) -> Path:
    """The file. Raises UserError where there is none, as outside the top of the repository."""
    here = Path(path)
    if not here.is_file():
        raise UserError(f"{here}: no such file in {Path.cwd()}; run from the top of the repository")
    return here


def read(path: str | Path = params.FILE) -> str:
    """The text as it is, with the ends of its lines. Raises UserError where there is no such file, or no text."""
    here = existing(path)
    try:
        with here.open(encoding="utf-8", newline="") as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise UserError(f"{here}: {unreadable(error)}") from None


def difference(before: str, after: str, name: str, other: str) -> str:
    """The lines that differ, each with one around it, under the names of both; empty if none does."""
    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, other, n=1)
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def with_value(text: str, path: list[str], written: str) -> str:
    """`text` with `written`, a value in YAML, at `path`, which is added to its section if it is not there.

    Raises UserError if that section is not there, or if more than this value would change.
    """
    *parents, last = path
    owner = reduce(inside, parents, yaml.safe_load(text))
    if not isinstance(owner, dict) and inside(owner, last) is None:
        raise UserError(f"{params.FILE} has no {'.'.join(path)} to write to")
    changed = _written(text, path, written)
    try:
        exact = yaml.safe_load(changed) == _changed(yaml.safe_load(text), path, yaml.safe_load(written))
    except yaml.YAMLError:
        exact = False
    if not exact:
        raise UserError(
            f"{params.FILE}: {'.'.join(path)} cannot be written alone, as where entries share it by & and *; "
            f"set it to {written} by hand"
        )
    return changed


def _written(text: str, path: list[str], written: str) -> str:
    """The text with `written` at `path`, or as it is where a part of the path is merged from elsewhere by <<."""
    *parents, last = path
    owner: Any = reduce(_inside, parents, yaml.compose(text))
    old = _inside(owner, last)
    if old is not None:
        return _before(text, old) + written + text[_end(text, old) :]
    if owner is None:
        return text
    first = owner.start_mark
    if owner.flow_style:
        rest = text[first.index + 1 :]
        comma = "," if rest[0].isspace() else ", "
        return f"{text[: first.index]}{{{last}: {written}{comma if owner.value else ''}{rest}"
    newline = "\r\n" if "\r\n" in text else "\n"
    return f"{text[: first.index]}{last}: {written}{newline}{' ' * first.column}{text[first.index :]}"


def _before(text: str, old: Any) -> str:
    """What stands before a value. One that takes lines of its own, or none, gets its place behind the colon."""
    before = text[: old.start_mark.index]
    if old.start_mark.index < old.end_mark.index and not _in_lines(old):
        return before
    return f"{before.rstrip()} " if before.rstrip().endswith(":") else f"{before}  "


def _end(text: str, old: Any) -> int:
    """Where a value ends. One in lines of its own ends with the last of what it holds, before any comment."""
    while _in_lines(old):
        old = old.value[-1] if isinstance(old, yaml.SequenceNode) else old.value[-1][1]
    return len(text[: old.end_mark.index].rstrip())


def _in_lines(node: Any) -> bool:
    """Whether a list or mapping has lines of its own, and no brackets."""
    return isinstance(node, yaml.CollectionNode) and not node.flow_style


def _changed(doc: Any, path: list[str], value: Any) -> Any:
    """`doc` with another value at `path`."""
    if not path:
        return value
    step, *rest = path
    if isinstance(doc, list):
        return [_changed(item, rest, value) if step == str(i) else item for i, item in enumerate(doc)]
    return doc | {step: _changed(doc.get(step), rest, value)}


def _inside(node: Any, step: str) -> Any:
    """The node of a key of a mapping, or at a place in a list; None if there is none."""
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    at = int(step) if isinstance(node, yaml.SequenceNode) and step.isdecimal() else -1
    return node.value[at] if 0 <= at < len(getattr(node, "value", [])) else None
