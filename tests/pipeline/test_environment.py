"""What is installed is held against versions.yaml, and a difference is said in one line."""

import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from dalsegno.pipeline import environment, stage


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """Write a versions.yaml into an empty working directory."""
    monkeypatch.chdir(tmp_path)
    return lambda versions: Path(environment.FILE).write_text(yaml.safe_dump(versions))


def test_versions_are_those_of_what_is_imported(listed, monkeypatch):
    listed({"numpy": "1.0", "pyyaml": "1.0", "librosa": "1.0"})
    monkeypatch.delitem(sys.modules, "librosa", raising=False)
    assert environment.versions() == {"numpy": np.__version__, "pyyaml": yaml.__version__}


def test_outside_the_repository_nothing_is_held_against_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert environment.versions() == {} and environment.differences() == []


@pytest.mark.parametrize(
    ("wanted", "installed", "differs"),
    [
        ("2.4.6", "2.4.6", False),
        ("2.4.6", "2.4.5", True),
        ("2.15.0", "2.15.0+cpu", False),
        ("2.15.0", "2.1.0+cpu", True),
    ],
)
def test_another_version_is_a_difference_and_another_build_is_none(listed, monkeypatch, wanted, installed, differs):
    listed({"numpy": wanted})
    monkeypatch.setattr(environment.metadata, "version", lambda name: installed)
    assert environment.differences() == ([f"numpy {installed} in place of {wanted}"] if differs else [])


def test_a_stage_says_once_what_differs(listed, monkeypatch, capsys):
    listed({"numpy": "0.1", "pyyaml": yaml.__version__})
    monkeypatch.setattr(sys, "argv", ["stages/one.py"])
    stage.run(lambda: print("ran"))
    said = f"installed at another version than versions.yaml names: numpy {np.__version__} in place of 0.1"
    assert capsys.readouterr().out.splitlines() == [said, "ran"]


def test_a_stage_says_of_what_it_imports_on_its_way_as_well(listed, monkeypatch, capsys):
    listed({"numpy": np.__version__, "pyyaml": "0.1"})
    monkeypatch.setattr(sys, "argv", ["stages/one.py"])
    loaded = sys.modules["yaml"]
    monkeypatch.delitem(sys.modules, "yaml")
    stage.run(lambda: sys.modules.update(yaml=loaded))
    assert capsys.readouterr().out.splitlines() == [
        f"installed at another version than versions.yaml names: pyyaml {yaml.__version__} in place of 0.1"
    ]


def test_every_package_of_the_real_list_is_known_by_its_module():
    """So that `versions` misses none: what each is imported as exists."""
    from importlib.metadata import packages_distributions
    from importlib.util import find_spec

    provided = {
        name.lower().replace("_", "-"): module for module, names in packages_distributions().items() for name in names
    }
    for package in yaml.safe_load(Path(environment.FILE).read_text()):
        assert find_spec(environment.module(package)) and package in provided
