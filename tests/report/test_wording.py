"""Numbers are written alike wherever somebody reads them: `12.5%`, `p = 0.057`, `74.0–86.9`."""

import ast
from pathlib import Path

import pytest
from support.wording import faults

HERE = Path(__file__).parents[2]
TEXTS = [
    *(HERE / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "params.yaml", "bench/results.md")),
    *(HERE / "docs").glob("*.md"),
    *(HERE / "recipes").glob("*.yaml"),
    *(path for ending in ("j2", "js", "typ") for path in (HERE / "src").rglob(f"*.{ending}")),
]
CODE = [path for folder in ("src", "stages", "tools", "bench") for path in (HERE / folder).rglob("*.py")]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_texts_and_templates(path):
    assert faults(path.read_text(encoding="utf-8")) == []


def test_all_that_code_says():
    assert len(CODE) > 200
    assert [(path.name, fault) for path in CODE for text in _strings(path) for fault in faults(text)] == []


def test_the_style_is_told_from_others():
    good = "F1 % of 12.5%, p = 0.057 (74.0–86.9), {% if 3 %}, (2026-11-21)"
    assert faults(good) == []
    assert len(faults("12.5 %, 12\xa0%, {{ x }}&nbsp;%, ?? %, p = .057, p < .001, (74.0-86.9)")) == 7


def _strings(path):
    """Every string of a file, docstrings included; a value that is put into one reads 0."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "0" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
