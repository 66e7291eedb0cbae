"""A search on 90 clips that takes a second."""

import contextlib
import io
import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from dalsegno.artefacts import features_parquet
from dalsegno.artefacts.learning import splits_csv

STAGE = runpy.run_path(str(Path("stages/search.py").resolve()))["main"]
SMALL = {
    "arch": "mlp", "model": {"widths": [8], "activation": "relu", "dropout": 0.0}, "pca": None, "augment": {},
    "train": {"seeds": [0], "epochs": 4, "batch_size": 16, "lr": 1e-3, "patience": None},
}  # fmt: skip
SPACE = {
    "train.lr": {"loguniform": [1e-3, 1e-1]},
    "model.widths.0": {"int": [4, 16]},
    "train.batch_size": {"choice": [8, 16]},
}
INPUTS = ("data/features.parquet", "data/splits.csv", "metrics/clips.json", "metrics/splits.json")
ENTRY = {"of": "mlp.small", "input": "features.parquet", "trials": 6, "space": SPACE}


def write_inputs():
    """90 clips of three classes that two of six features tell apart, most of the time, in data/ of the working directory,
    said to be synthetic."""
    rng, labels = np.random.default_rng(0), np.arange(90) % 3
    ids = [f"c{i:03d}" for i in range(90)]
    x = rng.normal(size=(90, 6))
    x[:, 0] += labels
    x[:, 1] -= labels
    for name, stated in {"clips": {"synthetic": True}, "splits": {"leaky": False}}.items():
        Path("metrics").mkdir(exist_ok=True)
        Path(f"metrics/{name}.json").write_text(json.dumps(stated))
    Path("data").mkdir()
    splits = pd.DataFrame(
        {"clip_id": ids, "label": np.array(["a", "b", "c"])[labels], "group": "", "unit": ids, "sha256": ids}
    )
    for fold in range(2):
        splits[f"fold{fold}"] = np.array(["train", "train", "valid", "test"])[(np.arange(90) // 3 + fold) % 4]
    splits_csv.write("data/splits.csv", splits)
    rows = [(clip, 0, {f"f{k}": float(value) for k, value in enumerate(row)}) for clip, row in zip(ids, x, strict=True)]
    features_parquet.write("data/features.parquet", rows)


def search(key="a", entry=ENTRY, small=SMALL, **runtime):
    """trials.csv and search.json of a search, carried out in the working directory."""
    Path("params.yaml").write_text(
        yaml.safe_dump({
            "runtime": {"workers": 1, "device": "cpu"} | runtime, "compare": {"confidence": 0.95},
            "mlp": {"small": small}, "search": {key: entry},
        })
    )  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        STAGE(key, *INPUTS, f"data/searches/{key}.journal", f"data/searches/{key}")
    out = Path("data/searches", key)
    return pd.read_csv(out / "trials.csv"), json.loads((out / "search.json").read_text())
