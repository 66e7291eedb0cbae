"""Seconds to train networks on pictures as large as GTZAN's: modnet as recipes/gtzan_pictures.yaml has it, and a CNN of 0.3 M weights.

    python bench/gpu/pictures.py RECIPE [--device cuda] [--small]

The pictures are generated, since GTZAN's may not travel: as many of the same size, a pattern of each class under noise.
The goal: 40 epochs in under 10 s each, from opening the store until everything is written.
"""

import argparse
import contextlib
import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))  # bench/goals.py
import goals

from dalsegno.artefacts import spectrogram_store
from dalsegno.families.convolutional import cnn
from dalsegno.pipeline import params, runtime

FRAMES, BINS = 387, 128
PARTS = {"train": 443, "valid": 196}  # as many as of the fault-filtered list are there
META = {"kind": "image", "scale": 80 / 255, "offset": -80.0, "floor": -80.0, "frame_rate_hz": 12.9, "db_per_unit": 1.0}
SMALL_CNN = {"arch": "conv", "model": {"channels": [32, 64, 128, 128], "dense": [128]}}
GOAL_S = 10


def stored(folder, parts):
    """A store of pictures in ten classes; returns its splits, a hold-out with as many clips as `parts` says."""
    rng = np.random.default_rng(0)
    patterns = rng.integers(0, 128, (10, FRAMES, BINS), np.uint8)
    of = [part for part, n in parts.items() for _ in range(n)]
    ids = [f"c{i:03d}" for i in range(len(of))]
    noisy = (patterns[i % 10] + rng.integers(0, 128, (FRAMES, BINS), np.uint8) for i in range(len(of)))
    spectrogram_store.write(folder, zip(ids, noisy, strict=True), META)
    labels = [f"class {i % 10}" for i in range(len(of))]
    return pd.DataFrame({"clip_id": ids, "label": labels, "group": "", "unit": ids, "sha256": ids, "fold0": of})


def entries(recipe, epochs):
    """Both networks with the view, the augmentation and the training of the recipe's modnet, and so many epochs."""
    modnet = params.document(recipe)["cnn"]["modnet"]
    modnet["train"] |= {"epochs": epochs, "seeds": [0]}
    for name, entry in {"CNN of 0.3 M": modnet | SMALL_CNN, "modnet": modnet}.items():
        p, problems = params.parse(name, entry, cnn.Params)
        yield name, p, problems


def main():
    """Print a row for each network."""
    parser = argparse.ArgumentParser()
    parser.add_argument("recipe")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    parts, epochs = ({"train": 20, "valid": 10}, 2) if options.small else (PARTS, 40)
    device = runtime.Runtime(device=options.device).torch_device()
    with TemporaryDirectory() as tmp:
        splits = stored(Path(tmp, "store"), parts)
        print(f"{len(splits)} generated pictures of {FRAMES} × {BINS} in ten classes, {epochs} epochs.\n")
        print(
            "| network | weights | training, s | with loading and prediction, s | goal |\n| --- | --- | --- | --- | --- |"
        )
        for name, p, problems in entries(options.recipe, epochs):
            if problems:
                sys.exit("\n".join(problems))
            run, began = Path(tmp, "run"), time.perf_counter()
            with contextlib.redirect_stdout(sys.stderr):
                cnn.train_all(name, p, Path(tmp, "store"), splits, device, run, Path(tmp, "metrics"))
            took = time.perf_counter() - began
            cost = json.loads((run / "cost.json").read_text())
            print(
                f"| {name} | {cost['parameters']:,.0f} | {cost['train_s']:.1f} | {took:.1f} | {goals.under(took, GOAL_S)} |"
            )


if __name__ == "__main__":
    main()
