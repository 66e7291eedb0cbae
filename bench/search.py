"""Seconds of a search, what it takes beyond training, and what halving saves; on made-up features.

    python bench/search.py [TRIALS] [CLIPS] [FEATURES] [EPOCHS]

Aimed at, on two cores: 20 trials of an MLP on 1,000 x 200 features and 30 epochs in under 60 s, with less than 1% beyond
training; halving on 40 trials reaches the best of random search in half its epochs or fewer (median of five seeds).
"""

import contextlib
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import yaml

from dalsegno.artefacts import features_parquet
from dalsegno.artefacts.learning import splits_csv
from dalsegno.search import outcome, study, subject
from dalsegno.search.entry import Params

N_CLASSES = 10
SPACE = {
    "model.widths.0": {"int": [64, 512]}, "model.dropout": {"uniform": [0.0, 0.5]},
    "train.lr": {"loguniform": [1e-4, 1e-2]}, "train.weight_decay": {"loguniform": [1e-6, 1e-3]},
    "train.batch_size": {"choice": [16, 32, 64, 128]},
}  # fmt: skip


def lay_out(n_clips, n_features, n_epochs):
    """Clips of ten classes whose features overlap, and an entry of an MLP."""
    rng, ids = np.random.default_rng(0), [f"c{i:05d}" for i in range(n_clips)]
    labels = np.arange(n_clips) % N_CLASSES
    x = rng.normal(size=(n_clips, n_features)) + 0.25 * rng.normal(size=(N_CLASSES, n_features))[labels]
    rows = ((clip, 0, {f"f{k}": float(v) for k, v in enumerate(row)}) for clip, row in zip(ids, x, strict=True))
    features_parquet.write("features.parquet", rows)
    part = np.where(rng.random(n_clips) < 0.25, "valid", "train")
    splits = pd.DataFrame(
        {"clip_id": ids, "label": [f"k{y}" for y in labels], "group": "", "unit": ids, "sha256": ids, "fold0": part}
    )
    splits_csv.write("splits.csv", splits)
    train = {"seeds": [0], "epochs": n_epochs, "batch_size": 32, "lr": 1e-3, "patience": None}
    entry = {
        "arch": "mlp",
        "model": {"widths": [128], "activation": "relu", "dropout": 0.3},
        "augment": {},
        "train": train,
    }
    Path("params.yaml").write_text(yaml.safe_dump({"mlp": {"small": entry}}))


def search(n_trials, seed, pruner=None):
    """The trials of a search, and its seconds."""
    p = Params(of="mlp.small", input="features.parquet", space=SPACE, trials=n_trials, seed=seed, pruner=pruner)
    began = time.perf_counter()
    of = subject.subject(p.of, "features.parquet", splits_csv.read("splits.csv"), torch.device("cpu"))
    found = study.opened(p, f"{pruner}{seed}{n_trials}.journal", "bench")
    study.make_trials(found, p, of, study.prepare(found, p))
    return outcome.table(found, p).sort_values("trial"), time.perf_counter() - began


def epochs_to(rows, value):
    """The epochs that were trained until a trial was as good as `value`; None if none was."""
    good = rows["val_accuracy"] >= value
    return int(rows["epochs"][: good.to_numpy().argmax() + 1].sum()) if good.any() else None


def main(n_trials=20, n_clips=1000, n_features=200, n_epochs=30):
    """Print what the trials take, and the epochs of halving against those of random search."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        lay_out(n_clips, n_features, n_epochs)
        seconds = []
        real = study.trained

        def timed(run, log):
            result = real(run, log)
            seconds.append(result[2])
            return result

        search(1, 99)  # imports
        study.trained = timed
        _, whole = search(n_trials, 0)
        print(
            f"{n_trials} trials, {n_clips} x {n_features}, {n_epochs} epochs: {whole:.1f} s, of which the loop {sum(seconds):.1f} s"
        )
        print(
            f"beyond it {100 * (1 - sum(seconds) / whole):.1f}% (models, batches, validation labels, drawing, journal)"
        )
        shares = []
        for seed in range(5):
            random, halved = search(2 * n_trials, seed)[0], search(2 * n_trials, seed, "halving")[0]
            best, spent = random["val_accuracy"].max(), int(random["epochs"].sum())
            reached = epochs_to(halved, best)
            shares.append(reached / spent if reached else float("inf"))
            print(
                f"seed {seed}: random {best:.3f} in {spent} epochs; halving reached it after {reached or 'none'} ({os.cpu_count()} cores)"
            )
        print(f"median share {statistics.median(shares):.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
