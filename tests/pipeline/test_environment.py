"""What is installed is held against versions.yaml, and a difference is said in one line."""

import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import numpy as np
import pytest
import yaml

from dalsegno.pipeline import environment, stage
from tools.closure import PACKAGES


@pytest.fixture
def running(tmp_path, monkeypatch):
    """Say that stage `fit` runs, in a repository where it declares numpy and pyyaml, at these versions."""

    def run(**versions):
        Path("dvc.yaml").write_text(
            "stages:\n  fit: {foreach: [1], do: {params: [fit, {versions.yaml: [numpy, pyyaml]}]}}\n"
            "  other: {params: [{versions.yaml: [librosa]}]}\n  plain: {params: [plain]}\n"
        )
        Path(environment.FILE).write_text(yaml.safe_dump(versions))
        monkeypatch.setattr(sys, "argv", ["stages/fit.py"])

    monkeypatch.chdir(tmp_path)
    return run


def test_versions_are_those_of_what_the_stage_declares(running):
    running(numpy="1.0", pyyaml="1.0", librosa="1.0")
    assert environment.versions() == {"numpy": np.__version__, "pyyaml": yaml.__version__}


def test_a_machine_has_a_name_cores_and_a_python():
    machine = environment.machine()
    assert machine["processor"] and machine["cores"] >= 1 and sys.version.startswith(machine["python"])


@pytest.mark.parametrize("script", ["stages/plain.py", "stages/nothing.py", "bin/pytest"])
def test_where_no_package_is_declared_there_is_no_version(running, monkeypatch, script):
    running(numpy="1.0", pyyaml="1.0")
    monkeypatch.setattr(sys, "argv", [script])
    assert environment.versions() == {} and environment.differences() == []


def test_outside_the_repository_there_is_no_version(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["stages/fit.py"])
    assert environment.versions() == {} and environment.differences() == []


@pytest.mark.parametrize(
    ("wanted", "installed", "differs"),
    [
        ("2.4.6", "2.4.6", False),
        ("2.4.6", "2.4.5", True),
        ("2.15.0", "2.15.0+cpu", False),
        ("2.5.0", "2.1.0+cpu", True),
    ],
)
def test_another_version_is_a_difference_and_another_build_is_none(running, monkeypatch, wanted, installed, differs):
    running(numpy=wanted)
    monkeypatch.setattr(environment.metadata, "version", lambda name: installed)
    assert environment.differences() == ([f"numpy {installed} in place of {wanted}"] if differs else [])


def test_what_is_not_installed_is_no_difference(running, monkeypatch):
    def version(name):
        raise environment.metadata.PackageNotFoundError(name)

    running(numpy="1.0")
    monkeypatch.setattr(environment.metadata, "version", version)
    assert environment.differences() == []


def test_a_stage_says_first_and_in_one_line_what_differs(running, capsys):
    running(numpy="0.1", pyyaml="0.2")
    stage.run(lambda: print("ran"))
    differences = f"numpy {np.__version__} in place of 0.1, pyyaml {yaml.__version__} in place of 0.2"
    assert capsys.readouterr().out.splitlines() == [
        f"installed at another version than versions.yaml has: {differences}",
        "ran",
    ]


def test_a_stage_says_nothing_where_nothing_differs(running, capsys):
    running(numpy=np.__version__, pyyaml=yaml.__version__)
    stage.run(lambda: print("ran"))
    assert capsys.readouterr().out == "ran\n"


def test_modules_belong_to_the_packages_that_the_table_names():
    provided = packages_distributions()
    assert all(package in [name.lower() for name in provided[module]] for module, package in PACKAGES.items())
