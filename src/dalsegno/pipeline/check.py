"""Every section of params.yaml held against the stage that reads it, so that all problems are known at once."""

import ast
import runpy
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace

from dalsegno.pipeline import errors, params


def problems(stages: Path) -> list[str]:
    """What is wrong with params.yaml, each with its path, in its order; `stages` is the folder of stage scripts.

    Raises UserError if there is no params.yaml to read.
    """
    doc, found, known = params.document(), [], set()
    for call, section, cls in sections(stages):
        known.add(section)
        if section not in doc:
            found.append(f"{section}: this section is missing")
        elif call == "load":
            found += params.parse(section, doc[section], cls)[1]
        elif not isinstance(doc[section], dict):
            found.append(f"{section}: expected entries by name, or {{}} for none, got {doc[section]!r}")
        else:
            found += [p for key, raw in doc[section].items() for p in params.parse(f"{section}.{key}", raw, cls)[1]]
    for name in doc.keys() - known:
        found.append(f"{name}: there is no such section{errors.hint(str(name), sorted(known))}")
    order = list(doc)
    return sorted(dict.fromkeys(found), key=lambda p: _place(p, order))


def sections(stages: Path) -> Iterator[tuple[str, str, type]]:
    """Each `params.load` and `params.variant` of the scripts: ("load" or "variant", name of the section, its class)."""
    for script in sorted(stages.glob("*.py")):
        names = SimpleNamespace(**runpy.run_path(str(script)))  # under another name than __main__: it runs no stage
        for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("params.load", "params.variant"):
                call = ast.unparse(node.func).removeprefix("params.")
                for keyword in node.keywords:
                    yield call, str(keyword.arg), attrgetter(ast.unparse(keyword.value))(names)


def _place(problem: str, order: list[str]) -> int:
    section = problem.split(":")[0].split(".")[0]
    return order.index(section) if section in order else -1
