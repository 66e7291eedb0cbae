"""Stored spectrograms whose labels any network can learn, and whole stages run on them."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd

from dalsegno.artefacts import spectrogram_store
from dalsegno.artefacts.learning import model_pt, predictions_parquet

LABELS = ["high", "low", "mid"]


META = {"kind": "logmel", "db_per_unit": 1.0, "scale": 0.5, "offset": -80.0, "floor": -80.0, "frame_rate_hz": 10.0}


PARTS = ["train"] * 16 + ["valid"] * 4 + ["test"] * 10


def stage(name):
    spec = importlib.util.spec_from_file_location(f"stage_{name}", Path(__file__).parents[2] / "stages" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


def easy_splits():
    """Thirty clips of each label, and three of none."""
    rows = [(f"{label}{i}", label, f"{label}{i}", part) for label in LABELS for i, part in enumerate(PARTS)]
    rows += [(f"unknown{i}", "", "", "unlabelled") for i in range(3)]
    splits = pd.DataFrame(rows, columns=["clip_id", "label", "group", "fold0"])
    return splits.assign(unit="unit of " + splits["clip_id"], sha256="sha of " + splits["clip_id"])


def parts():
    """Id, label and part of each of these clips."""
    return easy_splits()[["clip_id", "label", "fold0"]].itertuples(index=False)


def spoilt(part, x, poison):
    return np.full_like(x, 120) if part in poison else x


def easy_store(folder, poison=()):
    """Each label is loud in bins of its own; in the clips of the parts `poison` all is loud."""
    rng = np.random.default_rng(0)
    rows = []
    for clip_id, label, part in parts():
        x = rng.normal(-60, 8, (int(rng.integers(10, 40)), 16)).astype(np.float16)
        if label:
            at = 5 * LABELS.index(label)
            x[:, at : at + 5] += 8
        rows.append((clip_id, spoilt(part, x, poison)))
    spectrogram_store.write(folder, rows, META | {"scale": 1.0, "offset": 0.0})


def state(folder):
    (run,) = model_pt.load(folder / "model.pt")["runs"]
    return run["state"]


def accuracy(folder, part):
    rows = predictions_parquet.read(folder / "predictions.parquet").query("split == @part")
    p = rows[[f"p_{c}" for c in LABELS]].to_numpy()
    return np.mean(np.array(LABELS)[p.argmax(1)] == rows["label"])


PARAMS = """
runtime: {device: cpu}
cnn:
  easy:
    spectrogram: easy
    arch: conv
    model: {channels: [8, 8], dense: [], dropout: 0.0}
    view: {crop_s: 1.6, normalise: bin}
    augment: {}
    train: {seeds: [SEED], epochs: EPOCHS, batch_size: 8, lr: LR, patience: null}
mlp:
  easy:
    arch: mlp
    model: {widths: [16], dropout: 0.0}
    pca: PCA
    augment: {}
    train: {seeds: [SEED], epochs: EPOCHS, batch_size: 8, lr: LR, patience: null}
"""


def easy_table(path, poison=()):
    rng = np.random.default_rng(0)
    rows = []
    for clip_id, label, part in parts():
        x = rng.normal(0, 1, 6) + (3 * np.eye(6)[LABELS.index(label)] if label else 0)
        rows.append((clip_id, 0, *spoilt(part, x, poison).astype(np.float32)))
    pd.DataFrame(rows, columns=["clip_id", "segment", *[f"f{i}" for i in range(6)]]).to_parquet(path)
