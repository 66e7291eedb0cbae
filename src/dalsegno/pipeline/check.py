"""Every section of params.yaml held against the stage that reads it, so that all problems are known at once.

A setting that is given and that nothing reads beside the others stops no stage, and is named with what would.
"""

import ast
import re
import runpy
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from dalsegno.pipeline import errors, params
from dalsegno.pipeline.refusals import shown, unread

KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")
BOOLEANS = frozenset({"y", "yes", "n", "no", "on", "off", "true", "false", "null"})
"""What some readers of YAML take for something else than text."""


def problems(stages: Path) -> list[str]:
    """What is wrong with params.yaml, each with its path, in its order; `stages` is the folder of stage scripts.

    Raises UserError if there is no params.yaml to read.
    """
    doc, problems, known = params.document(), [], set()
    for call, section, cls in sections(stages):
        known.add(section)
        if section not in doc:
            problems.append(f"{section}: this section is missing")
        elif call == "load":
            problems += _of_section(section, doc[section], cls)
        else:
            problems += _of_entries(section, doc[section], cls)
    for name in doc.keys() - known:
        problems.append(f"{name}: there is no such section{errors.hint(name, sorted(known))}")
    order = list(doc)
    return sorted(dict.fromkeys(problems), key=lambda problem: _place(problem, order))


def sections(stages: Path) -> Iterator[tuple[str, str, type]]:
    """Each `params.load` and `params.variant` of the scripts: ("load" or "variant", name of the section, its class)."""
    for script in sorted(stages.glob("*.py")):
        names = SimpleNamespace(**runpy.run_path(str(script)))  # under another name than __main__: it runs no stage
        for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("params.load", "params.variant"):
                call = ast.unparse(node.func).removeprefix("params.")
                for keyword in node.keywords:
                    yield call, str(keyword.arg), attrgetter(ast.unparse(keyword.value))(names)


def _of_section(name: str, raw: Any, cls: type) -> list[str]:
    """What is wrong with a section or an entry; of one that can be read, the settings that nothing reads."""
    value, problems = params.parse(name, raw, cls)
    return problems or [f"{name}.{place}: {why}" for place, why in unread(value)]


def _of_entries(section: str, entries: Any, cls: type) -> list[str]:
    """What is wrong with a dictionary of variants: a key becomes the name of a stage, of files and of a word in a command."""
    if not isinstance(entries, dict):
        return [f"{section}: expected entries by name, or {{}} for none, got {shown(entries)}"]
    problems, seen = [], dict[str, str]()
    for key, raw in entries.items():
        if (other := seen.setdefault(key.lower(), key)) != key:
            problems.append(
                f"{section}: {key!r} and {other!r} differ only in case, and would share a folder where a file system does "
                "not tell the two apart; rename one"
            )
        if not KEY.fullmatch(key) or key.lower() in BOOLEANS:
            problems.append(
                f"{section}: {key!r} cannot name an entry; expected a word of letters, digits, _ and - that begins with a "
                f"letter, up to 100 of them, and is not one of {', '.join(sorted(BOOLEANS))}"
            )
        elif section == "transfer" and key.endswith("-scratch"):
            problems.append(f"{section}: {key!r} cannot name an entry; a name with -scratch is that of a twin")
        else:
            problems += _of_section(f"{section}.{key}", raw, cls)
    return problems


def _place(problem: str, order: list[str]) -> int:
    section = problem.split(":")[0].split(".")[0]
    return order.index(section) if section in order else -1
