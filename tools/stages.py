"""dvc.yaml as data: its stages, and the code and the packages that each of them depends on."""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tools.closure import INERT, REGISTRIES, ROOT, closure, packages

DEAR = frozenset({"clips", "features", "spectrograms", "pretrain", "embeddings", "mlp", "cnn", "transfer"})
"""Stages that take long: they depend on exactly what they import."""
ON_DEMAND = ("search/dvc.yaml", "final/dvc.yaml")
"""Stages outside a plain run."""
VERSIONS = "versions.yaml"


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
    choice = choices(deps)
    return {file for file in closure(script(name)).union(*map(closure, choice)) if file.name != "__init__.py"} - choice


def choices(deps: list[str]) -> set[Path]:
    """All files of the registries from which params.yaml chooses one for a stage with these dependencies."""
    rooms = {Path(dep) if Path(dep) in REGISTRIES else Path(dep).parent for dep in deps} & REGISTRIES
    return {file for room in rooms for file in room.glob("*.py")}


def package_params(name: str, deps: list[str]) -> list[str]:
    """Third-party packages that stage `name` can import, those of any file params.yaml may choose included."""
    code = [file for file in used(name, deps) | choices(deps) if file.suffix == ".py"]
    return sorted(set().union(*map(packages, code)))


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
    """The files in `room` and in the rooms inside it: modules, and the data and templates that they read."""
    return {file for file in room.rglob("*.*") if file.name != "__init__.py" and file.parent.name != "__pycache__"}


def is_code(dep: str) -> bool:
    """Whether a dependency is code that `code_deps` answers for: ours, no template, and no whole registry."""
    return dep.startswith(("src/", "stages/")) and "${" not in dep and Path(dep) not in REGISTRIES


def rewritten(text: str, path: str | Path = "dvc.yaml") -> str:
    """A dvc.yaml with the code and the packages of every stage as they should be, the rest of the text untouched."""
    stages = read(path)
    for name, block in _blocks(text):
        deps = [dep for dep in stages[name]["deps"] if isinstance(dep, str)]
        text = text.replace(block, _with_packages(_with_code(block, name, deps), name, deps))
    return text


def _with_code(block: str, name: str, deps: list[str]) -> str:
    """`deps:` in flow style: the code, then on lines of their own what the stage reads."""
    head, indent, tail = _parts(r"(.*?)^( *)deps: \[[^\]]*\]\n(.*)", block)
    others = [dep for dep in deps if not is_code(dep)]
    code = _wrapped(f"{indent}deps: [", code_deps(name, deps), "," if others else "]")
    return head + code + (_wrapped(f"{indent}  ", others, "]") if others else "") + tail


def _with_packages(block: str, name: str, deps: list[str]) -> str:
    """`params:` in flow style behind the dependencies: sections of params.yaml, then packages of versions.yaml."""
    head, indent, items, line, tail = _parts(r"(.*?)^( *)(deps: \[[^\]]*\]\n)((?: *params: .*?\]\n)?)(.*)", block)
    sections = [section for section in (yaml.safe_load(line) or {}).get("params", []) if isinstance(section, str)]
    packages = f"{{{VERSIONS}: [{', '.join(package_params(name, deps))}]}}"
    return head + indent + items + _wrapped(f"{indent}params: [", [*sections, packages], "]") + tail


def _wrapped(start: str, items: list[str], end: str) -> str:
    """Items of a flow sequence behind `start`, in lines of 120 characters that `end` closes; what has a $ in quotes."""
    quoted = [f'"{item}"' if "$" in item else item for item in items]
    indent = " " * (len(start) - len(start.lstrip()) + 2 * bool(start.strip()))
    wrapper = textwrap.TextWrapper(120, initial_indent=start, subsequent_indent=indent, break_on_hyphens=False)
    return "\n".join(wrapper.wrap(", ".join(quoted) + end)) + "\n"


def _parts(pattern: str, text: str) -> tuple[str, ...]:
    match = re.fullmatch(pattern, text, re.DOTALL | re.MULTILINE)
    if match is None:
        raise ValueError(f"dvc.yaml: a stage is not laid out as {pattern!r}:\n{text}")
    return match.groups()


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """The name and the lines of each stage."""
    _, body, _ = _parts(r"(.*?^stages:\n)(.*?)((?:^\S.*)?)", text)
    for match in re.finditer(r"^  (\w+):\n(?:(?:    .*)?\n)+", body, re.MULTILINE):
        yield match[1], match[0]


if __name__ == "__main__":
    for target in map(Path, ("dvc.yaml", *ON_DEMAND)):
        target.write_text(rewritten(target.read_text(encoding="utf-8"), target), encoding="utf-8", newline="\n")
