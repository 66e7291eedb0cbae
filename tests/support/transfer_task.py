"""Small transfer entries on the stored spectrograms of easy_task, and stages run on them."""

from pathlib import Path

import pandas as pd
import torch
import yaml
from support.easy_task import stage

CONV = {"channels": [4, 8], "dense": [6], "dropout": 0.0}
NET = {"name": "squeezenet1_1", "size": 32}
TRAIN = {"seeds": [0], "epochs": 2, "batch_size": 16, "lr": 0.01, "patience": None}
TUNED = {
    "input": "spectrograms/easy",
    "arch": "torchvision",
    "model": NET,
    "weights": "published.pth",
    "head": {},
    "view": {"crop_s": 1.6, "normalise": "minmax"},
    "augment": {},
    "unfreeze": 1,
    "body_lr": 0.5,
    "train": TRAIN,
}
PRETRAINED = {
    "spectrogram": "easy",
    "arch": "conv",
    "model": CONV,
    "view": {"crop_s": 1.6, "normalise": "bin"},
    "augment": {},
    "train": TRAIN,
}
OURS = {"arch": "conv", "model": CONV, "weights": "ours/model.pt", "view": PRETRAINED["view"]}
EMBEDDED = {"spectrogram": "easy", "arch": "conv", "model": CONV, "weights": "ours/model.pt", "view": {"crop_s": 0.8}}


def write_params(**families):
    Path("params.yaml").write_text(yaml.safe_dump({"runtime": {"device": "cpu"}, **families}))


def tuned(**changes):
    """Run the stage `transfer` on an entry as TUNED, but for `changes`; the folder of the run."""
    entry = TUNED | changes
    write_params(transfer={"x": entry})
    stage("transfer")("x", "store", "splits.csv", "run", "metrics")
    return Path("run")


def embedded(**changes):
    entry = EMBEDDED | changes
    write_params(embeddings={"x": entry})
    stage("embeddings")("x", "store", "e", "cost.json")
    return pd.read_parquet("e/embeddings.parquet")


def left():
    return sorted(p.name for p in Path().iterdir() if p.name.startswith(("run", "metrics", "e", ".")))


def save(path, value):
    torch.save(value, path)
    return {"weights": path}


def refuse(p, weights, meta):
    raise ValueError("trained at 32000 Hz")
