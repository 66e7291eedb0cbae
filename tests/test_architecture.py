"""The rooms of src/dalsegno, the order in which they stand, and how large things may grow in them."""

import ast
from pathlib import Path
from statistics import median

import pytest

ROOT = Path("src/dalsegno")
ORDER = [
    "pipeline", "artefacts", "synth", "sound", "clips", "datasets", "spectrograms", "features", "splits", "models",
    "training", "families", "transfer", "scoring", "inference", "report", "search", "final", "cli",
]  # fmt: skip
REGISTRIES = {"datasets", "spectrograms", "models"}  # one file per layout, kind, architecture: they grow
FILES = sorted(ROOT.rglob("*.py"))


def room(file):
    return file.relative_to(ROOT).parts[0]


def imports(file):
    """(the statement, the module of ours that it names) of every import in `file`, those inside functions as well."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            path = Path("src", *name.split(".")).with_suffix(".py")
            if path.is_file() and path.is_relative_to(ROOT):
                yield node, path


def test_every_room_has_its_place():
    names = {path.name for path in ROOT.iterdir()} - {"__init__.py", "__pycache__"}
    assert names == set(ORDER)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_imports_run_downward(file):
    for node, imported in imports(file):
        upward = ORDER.index(room(imported)) > ORDER.index(room(file))
        assert not upward, f"{file}:{node.lineno}: {room(file)} stands below {room(imported)} and must not import it"


def test_no_module_imports_itself_in_a_circle():
    below = {file: {imported for _, imported in imports(file)} for file in FILES}
    while below:
        leaves = {file for file, imported in below.items() if not imported & below.keys()}
        assert leaves, f"these import one another in a circle: {', '.join(map(str, sorted(below)))}"
        below = {file: imported for file, imported in below.items() if file not in leaves}


@pytest.mark.parametrize("file", FILES, ids=str)
def test_imports_of_ours_stand_at_the_top(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    top = {node.lineno for node in tree.body}
    late = [node.lineno for node, _ in imports(file) if node.lineno not in top]
    assert not late, f"{file}, lines {late}: import it at the top, or choose it by name with params.component"


def test_the_rooms_can_be_counted_at_a_glance():
    assert len([path for path in ROOT.iterdir() if path.name != "__pycache__"]) <= 20


@pytest.mark.parametrize("folder", sorted({file.parent for file in FILES}), ids=str)
def test_a_room_has_at_most_twelve_files(folder):
    files = [file.name for file in folder.iterdir() if file.is_file()]
    assert len(files) <= 12 or folder.name in REGISTRIES, sorted(files)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_file_holds_one_idea(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 200


def test_no_two_files_of_tests_have_one_name():
    """pytest imports them by their name alone, and collects only the first."""
    names = [file.name for file in Path("tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_functions_fit_on_a_screen():
    """40 lines at most with signature and docstring; without the docstring, half of them have 8 or fewer."""
    lengths = {}
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                lengths[f"{file}:{node.lineno} {node.name}"] = (n_lines(node), n_lines(node) - n_docstring_lines(node))
    long = {name: whole for name, (whole, _) in lengths.items() if whole > 40}
    assert not long
    assert median(code for _, code in lengths.values()) <= 8


def n_docstring_lines(function):
    return n_lines(function.body[0]) if ast.get_docstring(function) else 0


def n_lines(node):
    return node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("folder", sorted({file.parent for file in FILES}), ids=str)
def test_each_room_says_what_is_in_it(folder):
    docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    assert docstring and len(docstring) > 40
