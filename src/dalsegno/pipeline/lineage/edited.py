"""Parameters and code that were edited while a stage ran.

DVC records the inputs of a stage once it has ended, and would keep results of the old values as those of the new ones.
"""

import re
from functools import reduce
from pathlib import Path
from typing import Any

CODE = ("src/", "stages/")


def inputs(name: str, stages: dict[str, Any], entries: dict[str, Any]) -> list[str]:
    """The parameters and the code that dvc.yaml names as inputs of a stage, none if it has no such stage.

    name: `compare`, or `cnn@conv`. stages: of dvc.yaml. entries: params.yaml. Of code, files and whole folders.
    """
    family, _, key = name.partition("@")
    stage = stages.get(family, {})
    stage = stage.get("do", stage)
    scope = entries | {"key": key, "item": _at(entries, f"{family}.{key}")}
    tracked = [entry for entry in stage.get("params", []) if isinstance(entry, str)]
    code = [dep for dep in stage.get("deps", []) if dep.startswith(CODE)]
    return [re.sub(r"\$\{([^}]+)\}", lambda match: str(_at(scope, match[1])), text) for text in (*tracked, *code)]


def state(names: list[str], entries: dict[str, Any]) -> dict[str, Any]:
    """The values of parameters in params.yaml, and the bytes of files of code, as they are now."""
    code = [Path(name) for name in names if name.startswith(CODE)]
    files = [file for path in code for file in (path.rglob("*.*") if path.is_dir() else [path])]
    now = {file.as_posix(): file.read_bytes() for file in files if file.is_file() and file.parent.name != "__pycache__"}
    return {name: _at(entries, name) for name in names if not name.startswith(CODE)} | now


def edited(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Names of inputs whose state differs, those that were added or are gone among them."""
    return [name for name in before | now if name not in before or name not in now or before[name] != now[name]]


def _at(scope: dict[str, Any], path: str) -> Any:
    """The value at a dotted path; None if there is none."""
    return reduce(lambda owner, name: owner.get(name) if isinstance(owner, dict) else None, path.split("."), scope)
