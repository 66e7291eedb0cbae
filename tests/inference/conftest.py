"""Runs whose models are asked again, each carried out once."""

import os
from pathlib import Path

import pytest
import torch
import torchvision
from support import small_run


def _carried_out(folder, params):
    here = Path.cwd()
    os.chdir(folder)
    try:
        small_run.carry_out(params)
    finally:
        os.chdir(here)
    return folder


@pytest.fixture(scope="session")
def of_sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    small_run.write_sounds(folder / "sounds")
    torch.manual_seed(5)
    torch.save(torchvision.models.squeezenet1_1(weights=None).state_dict(), folder / "published.pth")
    return _carried_out(folder, small_run.PARAMS)


@pytest.fixture(scope="session")
def of_pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    small_run.write_pictures(folder / "pictures")
    return _carried_out(folder, small_run.PICTURES)


@pytest.fixture
def run(of_sound, monkeypatch):
    """The folder of a run of every family, entered."""
    monkeypatch.chdir(of_sound)
    return of_sound
