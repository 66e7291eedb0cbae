"""dvc.yaml must tell the truth: what each stage imports, reads and writes is exactly what DVC is told it does.

DVC's users have asked for this since 2020 (treeverse/dvc issues 3439 and 9195). `make deps` rewrites the code dependencies in place.
"""

import ast
import re
import shlex
import shutil
import subprocess
import sys
from functools import reduce
from pathlib import Path

import pytest
import yaml

from dalsegno.pipeline import params
from tools import closure, lock
from tools import stages as stages_tool

DVC = yaml.safe_load(Path("dvc.yaml").read_text())
PARAMS = params.document()
RAW = stages_tool.read()


def stages():
    """(name, resolved stage) of every stage, each entry of a `foreach` on its own."""
    for name, stage in DVC["stages"].items():
        if "foreach" not in stage:
            yield name, resolve(stage, PARAMS)
            continue
        entries = lookup(PARAMS, stage["foreach"][2:-1])
        for key, item in entries.items():
            yield f"{name}@{key}", resolve(stage["do"], PARAMS | {"key": key, "item": item})


def lookup(scope, dotted):
    return reduce(lambda d, k: d[k], dotted.split("."), scope)


def resolve(value, scope):
    if isinstance(value, dict):
        return {resolve(k, scope): resolve(v, scope) for k, v in value.items()}
    if isinstance(value, list):
        return [resolve(v, scope) for v in value]
    if isinstance(value, str):
        return re.sub(r"\$\{([^}]+)\}", lambda m: str(lookup(scope, m[1])), value)
    return value


def paths(entries):
    return [e if isinstance(e, str) else next(iter(e)) for e in entries or []]


def script(name):
    return stages_tool.script(name.split("@")[0])


STAGES = dict(stages())
each_stage = pytest.mark.parametrize("name", STAGES)
each_script = pytest.mark.parametrize("name", DVC["stages"])


@each_script
def test_code_that_is_used_is_declared(name):
    declared = [Path(dep) for dep in RAW[name]["deps"] if stages_tool.is_code(dep)]
    undeclared = {
        f for f in stages_tool.used(name, RAW[name]["deps"]) if not any(f.is_relative_to(d) for d in declared)
    }
    assert not undeclared, f"{name} does not declare what it imports; run `make deps`"


@each_script
def test_code_that_is_declared_is_used(name):
    """All of it by a stage that takes long; by a cheap one, more than half of every room that it names."""
    used = stages_tool.used(name, RAW[name]["deps"])
    for dep in filter(stages_tool.is_code, RAW[name]["deps"]):
        inside = stages_tool.members(Path(dep)) if Path(dep).is_dir() else {Path(dep)}
        least = len(inside) if name in stages_tool.DEAR else len(inside) // 2 + 1
        assert len(inside & used) >= least, f"{name} declares {dep} and does not need it; run `make deps`"


@pytest.mark.parametrize("file", ["dvc.yaml", *stages_tool.ON_DEMAND])
def test_make_deps_has_nothing_to_do(file):
    text = Path(file).read_text()
    assert stages_tool.rewritten(text, file) == text, "run `make deps`"


@each_stage
def test_dispatched_code_is_declared(name):
    """What params.yaml chooses by name: a templated file of a registry, or a registry as a whole."""
    for dep in paths(STAGES[name]["deps"]):
        assert not dep.startswith("src/") or Path(dep).exists(), f"{name}: there is no {dep}"


@each_stage
def test_params_are_the_sections_loaded(name):
    loaded = set()
    for node in ast.walk(ast.parse(script(name).read_text())):
        call = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if call == "params.load":
            loaded |= {k.arg for k in node.keywords}
        elif call == "params.variant":
            loaded |= {f"{k.arg}.{variant_key(node, name)}" for k in node.keywords}
        elif call in ("params.names", "params.document"):
            loaded |= set(families(name))
        elif call == "params.value":
            loaded.add(ast.literal_eval(node.args[0]))
    assert {entry for entry in STAGES[name]["params"] if isinstance(entry, str)} == loaded - {"runtime"}


def packages(name):
    """The packages of versions.yaml that a stage declares."""
    ((*files, names),) = [
        (*entry, names) for entry in RAW[name]["params"] if isinstance(entry, dict) for names in entry.values()
    ]
    assert files == [str(lock.VERSIONS)]
    return names


@each_script
def test_packages_are_those_imported(name):
    """No more and no less; of a registry, what any of its files imports, since DVC cannot choose among them."""
    used = stages_tool.package_params(name, RAW[name]["deps"])
    assert packages(name) == used, f"{name} declares other packages than it imports; run `make deps`"


def test_a_package_counts_where_it_is_imported_and_nowhere_else():
    assert "librosa" in packages("features") and "librosa" not in packages("cnn")
    assert "scikit-learn" in packages("classical") and "scikit-learn" not in packages("mlp")
    assert "transformers" in packages("cnn")  # a file of models/ may be chosen that imports it
    assert not any("tqdm" in packages(name) for name in RAW)  # a progress bar is inert


def test_versions_are_those_of_the_lock():
    assert lock.VERSIONS.read_text() == lock.versions_yaml(), (
        "versions.yaml is not what requirements.lock has; run `make lock`"
    )


def test_the_lock_is_what_the_requirements_need():
    """As `make lock` would write it here: nothing that is required is missing, nothing in it is there for no reason."""

    def names(text):
        return [line.split("==")[0] for line in text.splitlines() if not line.startswith("#")]

    assert names(lock.LOCK.read_text()) == names(lock.requirements_lock()), "run `make lock`"


def families(name):
    """The words that a command ends with: what the script takes as `*families` or `*sections`, sections of `params.yaml`."""
    tree = ast.parse(script(name).read_text())
    main = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main")
    assert main.args.vararg.arg in ("families", "sections")
    return shlex.split(STAGES[name]["cmd"])[2 + len(main.args.args) :]


@pytest.mark.parametrize("name", ["compare", "submissions"])
def test_every_family_of_models_is_compared_and_submitted(name):
    """A family is a stage that leaves a folder in runs/<its name>/, not the cost of an input alone; a new one needs no other Python."""
    raw = {stage: DVC["stages"][stage].get("do", DVC["stages"][stage]) for stage in DVC["stages"]}
    leave_runs = {stage for stage, raw in raw.items() if f"runs/{stage}/${{key}}" in paths(raw.get("outs"))}
    assert set(families(name)) == leave_runs


def variant_key(call, name):
    """The entry that `params.variant(key, …)` reads: the stage's own key, or the one its section names."""
    argument = ast.unparse(call.args[0])
    return (
        name.split("@")[1]
        if argument == "key"
        else lookup(PARAMS, argument.replace("p.", f"{name.replace('@', '.')}."))
    )


@each_stage
def test_command_names_every_input_and_output(name):
    """Except what params.yaml names in the user's words: the stage reads that itself, see below."""
    stage, raw = STAGES[name], RAW[name.split("@")[0]]
    words = shlex.split(stage["cmd"])
    assert words[:2] == ["python", str(script(name))]
    data = [p for p, dep in zip(stage["deps"], raw["deps"], strict=True) if not (is_code(dep) or free_text(dep))]
    data += paths(stage.get("outs")) + paths(stage.get("metrics")) + paths(stage.get("plots"))
    unnamed = [p for p in data if not any(Path(p).is_relative_to(w) for w in words[2:])]
    assert not unnamed, f"{name}: cmd does not name {unnamed}"


def is_code(dep):
    return dep.startswith(("src/", "stages/"))


def free_text(dep):
    """The parameter that is all of a dependency, a path that the user typed; None if it is more than that."""
    match = re.fullmatch(r"\$\{([^}]+)\}", dep)
    return match and match[1]


@each_stage
def test_paths_that_the_user_types_are_read_by_the_stage_and_never_by_a_shell(name):
    """A path may hold blanks, quotes and brackets, and DVC pastes a string into a command as it is."""
    family = name.split("@")[0]
    declared = [entry for entry in RAW[family]["params"] if isinstance(entry, str)]
    for parameter in filter(None, map(free_text, RAW[family]["deps"])):
        parameter = parameter.replace("item.", f"{family}.${{key}}.")
        assert any(f"{parameter}.".startswith(f"{entry}.") for entry in declared), f"{name} does not track {parameter}"
    pasted = set(re.findall(r"\$\{([^}]+)\}", RAW[family]["cmd"]))
    # names of entries, which `dalsegno check` holds to letters, digits, _ and -, and a number
    assert pasted <= {"key", "item.spectrogram", "item.input", "protocols.spectrogram", "features.segments"}


@each_stage
def test_only_metrics_and_plots_are_kept_in_git(name):
    """An uncached plain output switches DVC's run cache off for its stage (seen on DVC 3.67.1)."""
    stage = STAGES[name]
    assert all(isinstance(out, str) for out in stage.get("outs", []))
    for entry in stage.get("metrics", []) + stage.get("plots", []):
        assert next(iter(entry.values()))["cache"] is False


@each_stage
def test_the_description_is_the_docstring(name):
    docstring = ast.get_docstring(ast.parse(script(name).read_text()))
    assert STAGES[name]["desc"] == docstring.splitlines()[0]


@each_stage
def test_dalsegno_is_imported_before_other_packages(name):
    """It says what Ctrl-C does while a stage imports, for which pandas takes a second."""
    parts = [part for part in ast.parse(script(name).read_text()).body if isinstance(part, ast.Import | ast.ImportFrom)]
    modules = [part.module or "" if isinstance(part, ast.ImportFrom) else part.names[0].name for part in parts]
    others = [module for module in modules if module.partition(".")[0] not in sys.stdlib_module_names]
    assert others[0].startswith("dalsegno.")


def test_packages_import_nothing():
    """What stages depend on passes over them. The first of all may say how often garbage is collected, and what Ctrl-C does
    while a stage still imports: neither changes a result."""
    allowed = [
        "import gc",
        "import os",
        "import signal",
        "import sys",
        "gc.set_threshold(100000)",
        "if ''.join(sys.orig_argv[1:2]).startswith('stages/')",
    ]
    for init in Path("src").rglob("__init__.py"):
        docstring, *others = ast.parse(init.read_text()).body
        asked = allowed if init.parent == Path("src/dalsegno") else []
        assert isinstance(docstring, ast.Expr) and len(others) == len(asked), f"{init} must hold a docstring only"
        assert all(ast.unparse(part).startswith(begun) for part, begun in zip(others, asked, strict=True))


@pytest.mark.parametrize("module", sorted(closure.READS), ids=str)
def test_what_a_template_names_is_read_as_well(module):
    report = Path("src/dalsegno/report")
    for template in (file for file in closure.READS[module] if file.suffix == ".j2"):
        for name in re.findall(r'{% (?:extends|include|from) "([^"]+)"', template.read_text()):
            file = next(room / name for room in (report, report / "layout") if (room / name).exists())
            assert file in closure.closure(module), f"{template} names {name}"


def test_every_script_is_a_stage():
    on_demand = [stages_tool.read(file) for file in stages_tool.ON_DEMAND]
    assert {p.stem for p in Path("stages").glob("*.py")} == set(DVC["stages"]).union(*on_demand)


def test_nothing_in_metrics_was_left_by_an_entry_that_is_gone():
    declared = [path for stage in STAGES.values() for path in paths(stage.get("metrics")) + paths(stage.get("plots"))]
    on_demand = ["metrics/kaggle.csv"]  # which `dalsegno kaggle-score` writes
    left = [
        str(file)
        for file in Path("metrics").rglob("*")
        if file.is_file() and not any(file.is_relative_to(path) for path in [*declared, *on_demand])
    ]
    assert not left, "no stage of dvc.yaml writes these"


def test_a_merge_never_mixes_the_results_of_two_branches(tmp_path):
    """Which would be a lock that DVC cannot read, or metrics that no run has written."""

    def git(*words):
        config = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
        return subprocess.run(["git", *config, *words], cwd=tmp_path, capture_output=True, text=True).stdout

    names = ("dvc.lock", "metrics/compare.json", "metrics/cnn/conv/metrics.json")
    git("init", "--initial-branch=main")
    shutil.copy(".gitattributes", tmp_path)
    for branch, change in (("main", ""), ("theirs", "9"), ("ours", "1")):
        git("checkout", "-b", branch, "main")
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            lines = [f"{i}{change if i == int(change or 0) else ''}\n" for i in range(10)]
            (tmp_path / name).write_text("".join(lines))
        git("add", "--all")
        git("commit", "--message", branch)
    before = [(tmp_path / name).read_text() for name in names]
    git("merge", "theirs")
    assert [(tmp_path / name).read_text() for name in names] == before
    assert set(git("diff", "--name-only", "--diff-filter=U").split()) == set(names)
