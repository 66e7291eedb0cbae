"""First-party files that a stage's script imports, transitively, read from the syntax tree: nothing is run."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path("src/dalsegno")
PIPELINE = ("errors", "check", "stage", "runtime", "progress", "files", "refusals")
INERT = frozenset(ROOT / "pipeline" / f"{name}.py" for name in PIPELINE)
"""Modules that cannot change what a stage computes: no stage depends on them, nor on what only they import."""
READS = {
    ROOT / "artefacts/gtzan_csv.py": {ROOT / "artefacts/gtzan.csv"},
    ROOT / "report/doctor_page.py": {
        ROOT / "report" / name for name in ("doctor.html.j2", "layout.html.j2", "layout.css")
    },
}
"""Files of the package that a module reads, so that whoever imports the module depends on them as well."""
REGISTRIES = frozenset(ROOT / name for name in ("datasets", "spectrograms", "models"))
"""Rooms of which params.yaml chooses one file by name."""


@cache
def imported(file: Path) -> frozenset[Path]:
    """Modules of ours that the import statements of `file` name. Raises ValueError on a relative import."""
    return frozenset(path for name in _names(file) if (path := _path(name)) is not None)


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
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            raise ValueError(f"{file}:{node.lineno}: relative import; write it in full")
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def _path(name: str) -> Path | None:
    path = Path("src", *name.split(".")).with_suffix(".py")
    return path if path.is_relative_to(ROOT) and path.is_file() else None
