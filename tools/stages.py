"""dvc.yaml as data: its stages, and the code that each of them depends on."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tools.closure import INERT, REGISTRIES, ROOT, closure

DEAR = frozenset({"clips", "features", "spectrograms", "pretrain", "embeddings", "mlp", "cnn", "transfer"})
"""Stages that take long: they depend on exactly what they import."""


def read(path: str | Path = "dvc.yaml") -> dict[str, dict[str, Any]]:
    """The stages by name as dvc.yaml has them, the `do:` of a `foreach` in place of both; `${…}` unresolved."""
    stages = yaml.safe_load(Path(path).read_text(encoding="utf-8"))["stages"]
    return {name: stage.get("do", stage) for name, stage in stages.items()}


def script(name: str) -> Path:
    return Path("stages", f"{name}.py")


def used(name: str, deps: list[str]) -> set[Path]:
    """Files of ours that stage `name` can run: its import closure, and that of any file params.yaml may choose.

    deps: as in dvc.yaml. What a chosen file shares with its siblings is used; the file itself has an entry of its own.
    """
    files = closure(script(name))
    for room in REGISTRIES & {Path(dep) if Path(dep) in REGISTRIES else Path(dep).parent for dep in deps}:
        members = set(room.glob("*.py"))
        files |= set().union(*map(closure, members)) - members
    return {file for file in files if file.name != "__init__.py"}


def code_deps(name: str, deps: list[str]) -> list[str]:
    """The untemplated code dependencies that stage `name` should declare, rooms in place of all their files.

    A dear stage names a room only if it uses all of it; another one if it uses more than half.
    """
    files = used(name, deps)
    named = []
    for room in sorted(rooms(), key=lambda room: len(room.parts)):
        inside = members(room)
        share = len(inside & files) / len(inside)
        whole = share == 1 or (share > 0.5 and name not in DEAR)
        if whole and len(inside) > 1 and not any(room.is_relative_to(other) for other in named):
            named.append(room)
    rest = [file for file in files if not any(file.is_relative_to(room) for room in named)]
    return sorted(map(str, (*named, *rest)), key=lambda path: (path.startswith("stages"), path))


def rooms() -> list[Path]:
    """Folders of the package that a stage may name whole: all but the registries and what holds inert modules."""
    folders = [folder for folder in ROOT.rglob("*") if folder.is_dir() and any(folder.glob("[!_]*.py"))]
    return [folder for folder in folders if folder not in REGISTRIES and not members(folder) & INERT]


def members(room: Path) -> set[Path]:
    """The modules in `room` and the rooms inside it."""
    return {file for file in room.rglob("*.py") if file.name != "__init__.py"}


def is_code(dep: str) -> bool:
    """Whether a dependency is code that `code_deps` answers for: ours, no template, and no whole registry."""
    return dep.startswith(("src/", "stages/")) and "${" not in dep and Path(dep) not in REGISTRIES


def rewritten(text: str) -> str:
    """dvc.yaml with the code dependencies of every stage as they should be, the rest of the text untouched."""
    stages = read()
    for name, block in _blocks(text):
        deps = [dep for dep in stages[name]["deps"] if isinstance(dep, str)]
        head, items, tail = re.fullmatch(r"(.*?\n *deps:\n)((?: +- .*\n)+)(.*)", block, re.DOTALL).groups()
        indent = re.match(" +- ", items)[0]
        others = [line for line in items.splitlines(keepends=True) if not is_code(line.strip().removeprefix("- "))]
        code = [f"{indent}{path}\n" for path in code_deps(name, deps)]
        text = text.replace(block, head + "".join(code + others) + tail)
    return text


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """The name and the lines of each stage."""
    body = re.search(r"^stages:\n(.*?)(?=^\S|\Z)", text, re.DOTALL | re.MULTILINE)[1]
    for match in re.finditer(r"^  (\w+):\n(?:(?:    .*)?\n)+", body, re.MULTILINE):
        yield match[1], match[0]


if __name__ == "__main__":
    target = Path("dvc.yaml")
    target.write_text(rewritten(target.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
