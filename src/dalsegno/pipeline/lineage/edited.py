"""Inputs of a stage that were edited while it ran.

DVC records the inputs of a stage once it has ended, and would keep results of the old ones as those of the new ones.
"""

from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from dalsegno.pipeline import environment, files
from dalsegno.pipeline.lineage.templates import filled, looked_up

CODE = ("src/", "stages/")
IGNORED = ("__pycache__", ".*.part", ".DS_Store", ".*.sw?")  # as of .dvcignore


@dataclass(frozen=True)
class Inputs:
    """What dvc.yaml names as inputs of a stage: dotted names in params.yaml, packages, and paths of files and whole folders."""

    parameters: list[str]
    packages: list[str]
    paths: list[str]


def inputs(name: str, stages: dict[str, Any], entries: dict[str, Any]) -> Inputs:
    """The inputs of a stage but for data sets, which the stages watch that list them; nothing if dvc.yaml has no such stage.

    name: `compare`, or `cnn@conv`. stages: of dvc.yaml. entries: params.yaml.
    """
    family, _, key = name.partition("@")
    stage = stages.get(family, {})
    stage = stage.get("do", stage)
    scope = entries | {"key": key, "item": looked_up(entries, f"{family}.{key}")}
    listed = stage.get("params", [])

    def resolved(texts: list[str]) -> list[str]:
        return [filled(text, scope) for text in texts]

    return Inputs(
        resolved([entry for entry in listed if isinstance(entry, str)]),
        [package for entry in listed if isinstance(entry, dict) for package in entry.get(environment.FILE, [])],
        resolved([dep for dep in stage.get("deps", []) if not dep.endswith("root}")]),
    )


def state(names: Inputs, entries: dict[str, Any]) -> dict[str, Any]:
    """The values of parameters and versions, the bytes of files of code, and size and time of the last write of others, by name.

    What is not there is None, or left out if it would be in a folder.
    """
    wanted = environment.read(environment.FILE)
    found = [
        file
        for path in map(Path, names.paths)
        for file in (path.rglob("*") if path.is_dir() else [path])
        if not file.is_dir() and not any(fnmatch(part, pattern) for part in file.parts for pattern in IGNORED)
    ]
    return (
        {name: looked_up(entries, name) for name in names.parameters}
        | {f"{package} in {environment.FILE}": wanted.get(package) for package in names.packages}
        | {file.as_posix(): _content(file) for file in found}
    )


def edited(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Names of inputs whose state differs, those that were added or are gone among them."""
    return [name for name in before | now if name not in before or name not in now or before[name] != now[name]]


def _content(file: Path) -> bytes | tuple[int, int] | None:
    return file.read_bytes() if file.as_posix().startswith(CODE) and file.is_file() else files.state(file)
