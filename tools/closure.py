"""What a stage's script imports, transitively: our files and the packages of others. Read from the syntax tree; nothing is run."""

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from dalsegno.pipeline import environment

ROOT = Path("src/dalsegno")
PIPELINE = ("errors", "check", "stage", "runtime", "progress", "files", "refusals", "environment", "headless",
            "cluster/by_ray", "cluster/ending", "cluster/numba_cache", "cluster/ranks")  # fmt: skip
INERT = frozenset(ROOT / "pipeline" / f"{name}.py" for name in PIPELINE)
"""Modules that cannot change what a stage computes: no stage depends on them, nor on what only they import."""


def _beside(module: Path) -> set[Path]:
    """The templates, styles and scripts in the folder of a module."""
    return {file for file in module.parent.glob("*.*") if file.suffix in (".j2", ".css", ".js")}


READS = {
    ROOT / "clips/gtzan_csv.py": {ROOT / "clips/gtzan.csv"},
    ROOT / "clips/known/collections.py": {ROOT / "clips/known/collections.csv"},
    ROOT / "transfer/published.py": {ROOT / "transfer/published.csv"},
    ROOT / "report/paper/pdf.py": {ROOT / "report/paper/paper.typ"},
    ROOT / "report/search/page.py": {
        *(ROOT / "report/search" / name for name in ("page.html.j2", "found.html.j2")),
        *(ROOT / "report/page" / name for name in ("macros.html.j2", "style.css")),
    },
} | {
    module: _beside(module) | {ROOT / "report" / name for name in others}
    for module, others in (
        (ROOT / "report/doctor/page.py", ()),
        (ROOT / "report/layout/templates.py", ()),
        (ROOT / "report/page/render.py", ("search/section.html.j2",)),
        (ROOT / "report/listening/section/embedded.py", ("page/macros.html.j2",)),
    )
}
"""Files of the package that a module reads, so that whoever imports the module depends on them as well."""
READS_PACKAGES = {ROOT / "transfer/wheels/installed.py": {"musicnn"}}
"""Packages of which a module reads files and imports nothing."""
REGISTRIES = frozenset(ROOT / name for name in ("datasets", "spectrograms", "models"))
"""Rooms of which params.yaml chooses one file by name."""
PACKAGES = {module: package for package, module in environment.MODULES.items()}


@cache
def imported(file: Path) -> frozenset[Path]:
    """Modules of ours that the import statements of `file` name. Raises ValueError on a relative import."""
    return frozenset(path for name in _names(file) if (path := _path(name)) is not None)


@cache
def packages(file: Path) -> frozenset[str]:
    """Third-party packages that `file` imports or reads, as versions.yaml calls them."""
    modules = {name.split(".")[0] for name in _names(file)} - sys.stdlib_module_names - {ROOT.name}
    imported = {PACKAGES.get(module, module.replace("_", "-").lower()) for module in modules}
    return frozenset(imported | READS_PACKAGES.get(file, set()))


def closure(script: Path) -> set[Path]:
    """`script`, every module of ours that it reaches, and the data files that these read, without the inert modules."""
    seen, todo = set(), [script]
    while todo:
        file = todo.pop()
        if file not in seen and file not in INERT:
            seen.add(file)
            todo += imported(file)
    return seen.union(*(READS[file] for file in seen & READS.keys()))


def _names(file: Path) -> Iterator[str]:
    """Dotted names of all that `file` imports when it runs; `if TYPE_CHECKING:` never does."""
    for node in _nodes(ast.parse(file.read_text(encoding="utf-8")).body):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level or node.module is None:
                raise ValueError(f"{file}:{node.lineno}: relative import; write it in full")
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def _nodes(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    for node in nodes:
        yield node
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield from _nodes(ast.iter_child_nodes(node))


def _path(name: str) -> Path | None:
    path = Path("src", *name.split(".")).with_suffix(".py")
    return path if path.is_relative_to(ROOT) and path.is_file() else None
