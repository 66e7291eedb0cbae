"""First-party files that a script imports, transitively; read from the syntax tree, nothing is run."""

import ast
from collections.abc import Iterator
from pathlib import Path

SRC = Path("src")
INERT = {SRC / "dalsegno" / f"{name}.py" for name in ("params", "progress", "runtime", "files")}
"""Modules that cannot change what a stage computes: no stage depends on them, nor on what only they import."""


def imported(file: Path) -> Iterator[Path]:
    """Yield each module of ours that an import statement of `file` names."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            raise ValueError(f"{file}:{node.lineno}: relative import; write it in full")
        names = []
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
        for name in names:
            path = SRC.joinpath(*name.split(".")).with_suffix(".py")
            if name.startswith("dalsegno") and path.is_file():
                yield path


def closure(script: Path) -> set[Path]:
    """`script` and every module of ours that it reaches, without the inert ones."""
    seen, todo = set(), [script]
    while todo:
        file = todo.pop()
        if file not in seen and file not in INERT:
            seen.add(file)
            todo += imported(file)
    return seen
