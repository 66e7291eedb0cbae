"""Weights out of an installed package, as the stage `packaged` writes them."""

import runpy
from importlib import metadata
from pathlib import Path

import pytest
import torch
import yaml

from dalsegno.artefacts.learning import model_pt
from dalsegno.pipeline.errors import UserError
from dalsegno.transfer.wheels import installed, musicnn, wheel_file

STAGE = runpy.run_path(str(Path("stages/packaged.py").resolve()))["main"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    entries = {name: {"checkpoint": name} for name in musicnn.CHECKPOINTS} | {"typo": {"checkpoint": "MSD_musicn"}}
    Path("params.yaml").write_text(yaml.safe_dump({"packaged": entries}))
    return tmp_path


@pytest.mark.parametrize("name", musicnn.CHECKPOINTS)
def test_every_checkpoint_is_written_whole_and_loads_without_running_code(folder, name):
    STAGE(name, "out")
    state = model_pt.load("out/model.pt")
    assert sum(tensor.numel() for tensor in state.values()) > 100_000
    assert all(torch.isfinite(tensor).all() for tensor in state.values() if tensor.is_floating_point())
    folder = installed.folder("musicnn", musicnn.VERSION)
    assert wheel_file.difference(musicnn.read(folder, name), "out/model.pt", folder) == ""


def test_a_checkpoint_that_there_is_not_is_named_and_nothing_written(folder):
    with pytest.raises(UserError, match=r"packaged\.typo\.checkpoint: 'MSD_musicn' is not a checkpoint.*MSD_musicnn"):
        STAGE("typo", "out")
    assert not Path("out").exists()


def test_a_package_that_is_not_there_or_another_version_says_what_to_type(folder, monkeypatch):
    with pytest.raises(UserError, match=r"no_such_package is not installed; python -m pip install --no-deps no_such_"):
        installed.folder("no_such_package", "1.0")
    monkeypatch.setattr(metadata, "version", lambda package: "0.0.9")
    with pytest.raises(UserError, match=r"at version 0\.0\.9, expected 0\.1\.0; python -m pip install --no-deps"):
        STAGE("MSD_vgg", "out")
