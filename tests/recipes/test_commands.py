"""The commands that a recipe's header prints, run as printed, in their order, in a Git repository with a small tree of the data.

All of them take a quarter of an hour: ALL_COMMANDS=1 in the environment runs them. Else those up to the first loop run, and
of that loop its first value.

The shell is a real one, and so is DVC. Two things are not: `python` and `dvc` are forks of one process (support/warm.py),
and `dalsegno weights fetch` finds random weights in place, which this machine need not download. Of the models, those that
the commands change are there, and a baseline.
"""

import functools
import os
import re
import shutil
import subprocess

import pytest
import yaml
from support import warm
from support.recipe_trees import HERE, RECIPES, entries, header, lay_out, small

from dalsegno.cli import weights
from dalsegno.pipeline import params

STARTS = ("cp", "dvc", "dalsegno", "for")
FETCH = '#!/bin/sh\n[ "$1 $2" = \'weights fetch\' ] && [ -e "$(grep "^$3 " {table} | cut -d\' \' -f2)" ]\n'


def commands(name):
    """The lines of shell in the field Run, in their order."""
    yield from (line for line in header(name)[1]["Run"].splitlines() if line.split(" ")[0] in STARTS)


def joined(lines):
    """Lines with those that `&&` leads on to."""
    whole = ""
    for line in lines:
        whole = f"{whole} {line}".strip()
        if not whole.endswith("&&"):
            yield whole
            whole = ""


SEARCHES = [name for name in RECIPES if len(list(joined(commands(name)))) > 1]


def named(doc, texts):
    """`doc` with a baseline and the networks that commands name, or the first of a family of which they name none."""
    texts += " ".join(["", *(entry["of"] for key, entry in doc["search"].items() if f"search@{key}" in texts)])
    for family in ("mlp", "cnn", "transfer"):
        keys = {key for key in doc[family] if re.search(rf"\b{family}\.{key}\b", texts)}
        doc[family] = {key: entry for key, entry in doc[family].items() if key in (keys or set(list(doc[family])[:1]))}
    used = {e["input"].split("/")[1] for e in doc["transfer"].values() if e["input"].startswith("embeddings/")}
    doc["ensembles"], doc["paper"]["why"] = {}, {}  # of entries that are left out here
    doc["classical"], doc["protocols"]["splits"] = {"majority": {"estimator": "majority"}}, {}
    doc["embeddings"] = {key: entry for key, entry in doc["embeddings"].items() if key in used}
    return doc


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """A function that runs a line of shell in a folder."""
    folder = tmp_path_factory.mktemp("bin")
    table = "".join(f"{w.name} {w.path}\n" for w in weights.table().values())
    (folder / "weights").write_text(table)
    (folder / "dalsegno").write_text(FETCH.format(table=folder / "weights"))
    (folder / "dalsegno").chmod(0o755)
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("DVC", "GIT"))}
    env = keep | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    env |= {"DVC_SITE_CACHE_DIR": str(folder / "site"), "PYTHONPATH": "src", "PYTEST_CURRENT_TEST": ""}

    def run(line, root):
        done = subprocess.run(["bash", "-c", f"set -e; {line}"], cwd=root, env=env, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    with warm.programs(folder):
        yield run


def test_most_recipes_print_more_than_how_to_run_them():
    assert {"unm_2025_random_search", "unm_2024_vgg16", "unm_convolneunet", "unm_assignment", "nsynth_2022_waveform",
            "nsynth_family", "nsynth_source", "gtzan"} <= set(SEARCHES)  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
def test_nothing_is_queued(name):
    """A queued run is a copy of the repository without what Git ignores: without data/ and weights/."""
    assert "--queue" not in RECIPES[name].read_text() and "--temp" not in RECIPES[name].read_text()


@pytest.mark.parametrize("name", SEARCHES)
def test_a_loop_ends_with_the_recipes_own_value(name):
    """So that params.yaml ends as it began; but for the loops over two momenta of SGD, whose recipe has Adam."""
    doc = params.document(RECIPES[name])
    for line in joined(commands(name)):
        if not line.startswith("for") or "optimizer=sgd" in line:
            continue
        told = 'dvc() { printf "%s\\n" CALL "$@"; }; ' + line
        words = subprocess.run(["bash", "-c", told], capture_output=True, text=True, check=True).stdout.split()
        last = words[len(words) - words[::-1].index("CALL") :]
        settings = dict(word.removeprefix("-S").split("=") for word in last if "=" in word)
        assert settings
        for path, value in settings.items():
            own = functools.reduce(lambda owner, key: owner[key], path.split("."), doc)
            assert float(value) == own if isinstance(own, float) else yaml.safe_load(value) == own, f"{path}={value}"


def few(lines):
    """The lines up to the first loop, and that with its first value alone."""
    at = next((i for i, line in enumerate(lines) if line.startswith("for")), len(lines))
    return [*lines[:at], *(re.sub(r"^(for \w+ in) (\S+)[^;]*;", r"\1 \2;", line) for line in lines[at : at + 1])]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", SEARCHES)
def test_every_command_runs_as_printed(name, tmp_path, shell):
    every = list(joined(commands(name)))
    lines = every if os.environ.get("ALL_COMMANDS") else few(every)
    doc = named(small(name), "\n".join(lines).replace("{", " ").replace(",", " "))
    for folder in ("src", "stages", "search"):
        shutil.copytree(HERE / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("dvc.yaml", "versions.yaml", "params.yaml", ".gitignore", ".dvcignore"):
        shutil.copy(HERE / file, tmp_path)
    (tmp_path / "metrics").mkdir()
    shutil.copy(HERE / "metrics/kaggle.csv", tmp_path / "metrics")
    (tmp_path / "recipes").mkdir()
    recipe = tmp_path / "recipes" / f"{name}.yaml"
    recipe.write_text(yaml.safe_dump(doc, sort_keys=False))
    lay_out(tmp_path, small(name))
    shell("git init -q && git config user.name T && git config user.email t@example.org && dvc init -q", tmp_path)
    shell("git add -A && git commit -qm start", tmp_path)
    for line in lines:
        shell(line, tmp_path)
    told = shell("dvc exp show --csv", tmp_path)
    assert told.count("\n") > sum(line.startswith(("for", "dvc exp run")) for line in lines)
    assert entries(doc, "classical", "mlp", "cnn", "transfer").keys() <= {
        path.replace("/", ".", 1) for path in models(tmp_path)
    }


def models(root):
    """What the last run compared."""
    return yaml.safe_load((root / "metrics/compare.json").read_text())["models"]
