"""A first run of frozen transfer against a rerun after another learning rate of its head, as DVC would run the stages.

    python bench/transfer.py [NAME] [WINDOWS]

NAME: a network of torchvision (vgg16), with random weights. WINDOWS: of 3 s, that each of 200 clips has (10).
Aimed at: a rerun 20 times faster on two cores.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import torch
import torchvision
import yaml

from dalsegno.artefacts import spectrogram_store
from dalsegno.artefacts.learning import splits_csv

N_CLIPS, N_LABELS, FRAME_RATE_HZ = 200, 10, 22050 / 512
META = {"kind": "logmel", "scale": 80 / 255, "offset": -80.0, "floor": -80.0, "frame_rate_hz": FRAME_RATE_HZ}
STAGES = Path(__file__).resolve().parents[1] / "stages"
NETWORK = {"arch": "torchvision", "weights": "weights.pth"}
TRAIN = {"seeds": [0], "epochs": 60, "batch_size": 32, "patience": None}


def main(name="vgg16", windows="10"):
    """Run `embeddings` and `transfer`, then `transfer` again; print how long they took."""
    with TemporaryDirectory() as tmp:
        os.chdir(tmp)
        data(int(windows))
        torch.manual_seed(0)
        torch.save(torchvision.models.get_model(name, weights=None, num_classes=1000).state_dict(), "weights.pth")
        entry = {"spectrogram": "x", "model": {"name": name}, "view": {"crop_s": 3.0}, **NETWORK}
        settings(entry, lr=1e-3)
        embedded = run("embeddings", "x", "store", "embeddings", "cost.json")
        first = run("transfer", "x", "embeddings", "splits.csv", "runs", "metrics")
        settings(entry, lr=3e-3)
        again = run("transfer", "x", "embeddings", "splits.csv", "runs", "metrics")
    print(
        f"{name}, {N_CLIPS} clips of {windows} windows: embeddings {embedded:.1f} s, head {first:.1f} s, again {again:.1f} s"
    )
    print(f"rerun {(embedded + first) / again:.0f} times faster than the first run")


def data(windows):
    """A store of noise and its splits."""
    rng = np.random.default_rng(0)
    n = round(3.0 * FRAME_RATE_HZ) * windows
    clips = [(f"c{i:03d}", rng.integers(0, 255, (n, 128), dtype=np.uint8)) for i in range(N_CLIPS)]
    spectrogram_store.write("store", clips, META)
    parts = np.array(["train"] * 6 + ["valid"] * 2 + ["test"] * 2)
    rows = [(c, f"label{i % N_LABELS}", "", c, c, parts[i // N_LABELS % len(parts)]) for i, (c, _) in enumerate(clips)]
    columns = ["clip_id", "label", "group", "unit", "sha256", "fold0"]
    splits_csv.write("splits.csv", pd.DataFrame(rows, columns=columns))


def settings(entry, lr):
    """params.yaml with the head's learning rate."""
    head = {"input": "embeddings/x", "head": {"widths": []}, "train": TRAIN | {"lr": lr}, **NETWORK}
    doc = {"runtime": {"device": "cpu"}, "embeddings": {"x": entry}, "transfer": {"x": head}}
    Path("params.yaml").write_text(yaml.safe_dump(doc))


def run(stage, *words):
    """Seconds that the stage's script takes, start and imports included."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, STAGES / f"{stage}.py", *words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return time.perf_counter() - start


if __name__ == "__main__":
    main(*sys.argv[1:])
