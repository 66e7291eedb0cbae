"""Embeddings, heads on them and fine-tuning on a GPU that is pretended."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import pretend_gpu
from support.easy_task import stage
from support.transfer_task import EMBEDDED, OURS, TRAIN, TUNED, embedded, write_params

from dalsegno.artefacts.learning import model_pt

STAGES = {
    name: stage(name) for name in ("embeddings", "transfer")
}  # annotations are made with the true torch.Generator


def on(device, family, entry, *words):
    """The folder that a stage leaves there, called after the device."""
    write_params(runtime={"device": device}, **{family: {"x": entry}})
    STAGES[family]("x", *(word.format(device) for word in words))
    return Path(words[1 if family == "embeddings" else 2].format(device))


def both(family, entry, *words, columns="p_"):
    """The numbers that the CPU and the GPU leave, and the states of both models."""
    cpu = on("cpu", family, entry, *words)
    with pretend_gpu.pretended():
        gpu = on("cuda", family, entry, *words)
    name = "embeddings" if family == "embeddings" else "predictions"
    return [pd.read_parquet(folder / f"{name}.parquet").filter(regex=f"^{columns}").to_numpy() for folder in (cpu, gpu)]


@pytest.mark.parametrize("crop_s", [0.8, None])
def test_embeddings_are_those_of_the_cpu(here, crop_s):
    entry = EMBEDDED | {"view": {"crop_s": crop_s}}
    cpu, gpu = both("embeddings", entry, "store", "e_{}", "cost_{}.json", columns="e_")
    np.testing.assert_allclose(gpu, cpu, atol=1e-6)


@pytest.mark.parametrize("over", ["windows", "mean", "mean_std", "attention", "neighbours"])
def test_heads_are_trained_as_on_the_cpu(here, over):
    """In bfloat16 a training clip could not be told from its nearest neighbours, and was one itself."""
    embedded()
    entry = {"input": "embeddings/x", "arch": "conv", "weights": "ours/model.pt", "head": {"over": over}}
    entry |= {"train": TRAIN | {"epochs": 20}}
    cpu, gpu = both("transfer", entry, "e", "splits.csv", "run_{}", "metrics_{}")
    np.testing.assert_allclose(gpu, cpu, atol=1e-5)


def test_all_that_is_to_learn_learns(here):
    entry = TUNED | OURS | {"unfreeze": "all", "probe": 1.0, "train": TRAIN | {"epochs": 3}}
    cpu, gpu = both("transfer", entry, "store", "splits.csv", "run_{}", "metrics_{}")
    assert 0 < np.abs(gpu - cpu).max() < 0.3
    states = [model_pt.load(f"run_{device}/model.pt")["runs"][0]["state"] for device in ("cpu", "cuda")]
    for name, weight in states[0].items():
        assert not weight.is_floating_point() or (states[1][name] - weight).abs().max() < 0.1, name
