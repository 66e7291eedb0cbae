"""Several processes train one network as one process does; here on the CPU, by the stage as DVC calls it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from support.easy_task import PARAMS, accuracy, easy_splits, easy_store, state

from dalsegno.artefacts.learning import splits_csv
from dalsegno.pipeline import params
from dalsegno.pipeline.cluster import ranks
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.runtime import Runtime

STAGE = Path("stages/cnn.py").resolve()
SRC = Path("src").resolve()


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """Run the stage `cnn`; the folder of the run."""
    monkeypatch.chdir(tmp_path)
    splits_csv.write("splits.csv", easy_splits())
    easy_store(Path("store"))

    def run(name, processes, arch, model, lr=0.01, **options):
        text = PARAMS.replace("SEED", "0").replace("EPOCHS", "3").replace("LR", str(lr)).replace("PCA", "null")
        doc = yaml.safe_load(text)
        doc["runtime"]["processes"] = processes
        doc["cnn"]["easy"] |= {"arch": arch, "model": model}
        doc["cnn"]["easy"]["train"] |= options
        Path("params.yaml").write_text(yaml.safe_dump(doc))
        command = [sys.executable, str(STAGE), "easy", "store", "splits.csv", f"run_{name}", f"metrics_{name}"]
        env = os.environ | {"PYTHONPATH": os.pathsep.join([str(SRC), os.environ.get("PYTHONPATH", "")])}
        done = subprocess.run(command, capture_output=True, text=True, env=env | {"OMP_NUM_THREADS": "1"})
        assert done.returncode == 0, done.stderr[-3000:]
        return tmp_path / f"run_{name}", done.stdout

    return run


def logged(name):
    return json.loads(Path(f"metrics_{name}/metrics.json").read_text())


@pytest.mark.parametrize("options", [{}, {"batch_size": 11, "l2": 1e-3, "label_smoothing": 0.1, "class_weights": True}])
def test_two_processes_are_one_with_the_doubled_batch(trained, options):
    """A batch of 8 is 4 for either of two; 48 clips in batches of 11 leave shares that are not equal."""
    one, said = trained("one", 1, "lenet", {"dropout": 0.0}, **options)
    two, twice = trained("two", 2, "lenet", {"dropout": 0.0}, **options)
    ours, theirs = state(one), state(two)
    assert ours.keys() == theirs.keys() and not any(torch.equal(ours[k], theirs[k]) for k in ours if "weight" in k)
    for name in ours:
        torch.testing.assert_close(theirs[name], ours[name], atol=1e-5, rtol=0)
    assert logged("two") == pytest.approx(logged("one"), abs=1e-5)
    assert said.count("train_loss") == twice.count("train_loss") == 3  # the second process says nothing


def test_a_batch_too_small_to_be_shared_is_taken_by_all(trained):
    """48 clips in batches of 15 leave 3, and one of two processes would normalise over a single example."""
    model = {"cepstra": 8, "bands": 8, "rates": 4, "kernel_size": 7, "dropout": [0.0, 0.0]}
    run, _ = trained("left", 2, "modnet", model, batch_size=15)
    assert accuracy(run, "test") > 0.5


def test_outputs_are_written_once_and_whole(trained):
    run, _ = trained("bn", 2, "conv", {"channels": [8, 8], "dense": [], "dropout": 0.0}, epochs=12)
    assert accuracy(run, "test") > 0.8  # moments of batch normalisation are of both shares
    assert json.loads((run / "cost.json").read_text())["processes"] == 2
    assert sorted(path.name for path in run.parent.iterdir()) == [
        "metrics_bn",
        "params.yaml",
        "run_bn",
        "splits.csv",
        "store",
    ]
    assert not (run / "not_kept").exists()


def test_more_processes_than_gpus_are_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(UserError, match=r"runtime\.processes is 2, but there are 1 GPUs"):
        Runtime(processes=2).training_device()
    assert params.parse("runtime", {"processes": 0}, Runtime)[1]


def test_each_process_has_a_gpu_of_its_own(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert Runtime().torch_device() == torch.device("cuda") and ranks.rank() == 0
    for name, value in (("RANK", "5"), ("LOCAL_RANK", "1"), ("WORLD_SIZE", "8")):
        monkeypatch.setenv(name, value)
    assert Runtime().torch_device() == torch.device("cuda", 1) and ranks.rank() == 5
