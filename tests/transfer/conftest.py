"""What the tests of transfer share: stored spectrograms, published weights and a checkpoint of ours, made once."""

import os
from pathlib import Path

import pytest
import torch
import torchvision
import yaml
from support.easy_task import easy_splits, easy_store, stage
from support.transfer_task import PRETRAINED, TRAIN

from dalsegno.artefacts.learning import splits_csv


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A store, a published file of weights and a checkpoint of ours, made once."""
    folder = tmp_path_factory.mktemp("made")
    here = Path.cwd()
    os.chdir(folder)
    easy_store(Path("store"))
    splits_csv.write("splits.csv", easy_splits())
    torch.manual_seed(5)
    torch.save(torchvision.models.squeezenet1_1(weights=None).state_dict(), "published.pth")
    ours = PRETRAINED | {"train": TRAIN | {"epochs": 10}}
    Path("params.yaml").write_text(yaml.safe_dump({"runtime": {"device": "cpu"}, "cnn": {"ours": ours}}))
    stage("cnn")("ours", "store", "splits.csv", "ours", "ours_metrics")
    os.chdir(here)
    return folder


@pytest.fixture
def here(made, tmp_path, monkeypatch):
    """A folder of its own from which what is made can be reached by the names in params.yaml."""
    monkeypatch.chdir(tmp_path)
    for name in ("store", "splits.csv", "published.pth", "ours"):
        Path(name).symlink_to(made / name)
    return tmp_path
