"""Rate of training steps fed by our data path, against the same network fed one batch that already lies on the device.

    python bench/loader.py [--device cuda] [--seconds 20] [--crop-s 3]

Aimed at: a ratio of at least 0.90 for ResNet-18 and modnet on crops of 3 s and for an MLP, augmentation off; and 200
epochs a minute of an MLP on 1,000 rows of 200 features, with validation and logging. Both sides of a ratio take turns
and see as many examples, in full batches.
"""

import argparse
import contextlib
import io
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import goals
import numpy as np
import pandas as pd
import torch

from dalsegno.artefacts import spectrogram_store
from dalsegno.artefacts.features_parquet import FeatureTable
from dalsegno.families import rows
from dalsegno.families.convolutional import cnn, crops
from dalsegno.families.convolutional.view import View
from dalsegno.models import mlp, modnet, resnet
from dalsegno.pipeline.runtime import Runtime
from dalsegno.training import batches, network, precision, runs, train
from dalsegno.training.job import Built, Job
from dalsegno.training.views import augment, preprocess

LABELS = [f"class {i}" for i in range(10)]
META = {"kind": "logmel", "scale": 80 / 255, "offset": -80.0, "floor": -80.0, "frame_rate_hz": 22050 / 512}
NETWORKS = {"ResNet-18": ("resnet", resnet.Params()), "modnet": ("modnet", modnet.Params())}
MASKS = augment.Params(time_masks=1, frequency_masks=1)
SHARE, EPOCHS_PER_MINUTE = 0.9, 200  # aimed at


class Resident:
    """The same batch again and again."""

    def __init__(self, batch, n):
        self.batch, self.n = batch, n

    def __len__(self):
        return self.n

    def __iter__(self):
        return iter([self.batch] * self.n)


def main():
    """Print a row for each network, and for what lies on the device or in a memory map."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--crop-s", type=float, default=3.0)
    options = parser.parse_args()
    device = Runtime(device=options.device).torch_device()
    seconds, what = options.seconds, f"{options.crop_s:g} s crops"
    train.seed_everything(0)  # by algorithms that give the same result again, as all training
    with TemporaryDirectory() as tmp:
        ids, y = stored(Path(tmp, "store"))
        seen = crops.Crops(Path(tmp, "store"), View(crop_s=options.crop_s), None, device)
        print("| network | augmentation | examples/s | from a batch on the device | share of these | goal |")
        print("| --- | --- | --- | --- | --- | --- |")
        for name in NETWORKS:
            spectrograms(name, what, seen, ids, y, device, seconds)
        if device.type == "cuda":
            seen.frames.stored = torch.from_numpy(spectrogram_store.open(Path(tmp, "store")).frames)
            spectrograms("ResNet-18", f"{what} from a memory map", seen, ids, y, device, seconds)
        features(device, seconds)
        rate = epochs_per_minute(Path(tmp), device)
        goal = goals.at_least(rate, EPOCHS_PER_MINUTE)
        print(f"\nMLP, 1,000 rows of 200 features: {rate:.0f} epochs per minute (goal: {goal})")


def stored(folder):
    """A store as large as a fifth of GTZAN's: 200 clips of 30 s, 128 bins. Returns the clips and their labels."""
    rng = np.random.default_rng(0)
    ids = [f"c{i:03d}" for i in range(200)]
    spectrogram_store.write(folder, ((c, rng.integers(0, 256, (1292, 128)).astype(np.uint8)) for c in ids), META)
    return ids, torch.arange(200) % 10


def spectrograms(name, what, seen, ids, y, device, seconds):
    """Compare both sides for one of NETWORKS."""
    n = 128 if device.type == "cuda" else 16
    model = cnn.from_scratch(*NETWORKS[name], seen, ids[:20], 10)
    rows, _ = seen.examples(ids * 5 if device.type == "cuda" else ids[:32])
    rows = rows[: len(rows) // n * n]
    for augmentation in (augment.Params(), MASKS):
        fed = batches.Batches(seen, rows, y[rows], 10, n, seed=0, device=device, augmentation=augmentation)
        compare(f"{name}, {what}", model, fed, device, seconds, masks=augmentation is MASKS)


def features(device, seconds):
    """Compare both sides for an MLP."""
    rows = numbers(device)
    model = network.build(
        "mlp", mlp.Params(widths=(128,)), preprocess.Standardise(*rows.moments(rows.clip_ids)), rows.x[:2], 10
    )
    y = torch.arange(1000) % 10
    fed = batches.Batches(
        rows, torch.arange(992), y[:992], 10, 32, seed=0, device=device, augmentation=augment.Params()
    )
    compare("MLP, 1,000 rows of 200 features", model, fed, device, seconds)


def numbers(device):
    """1,000 clips of 200 features each."""
    x = np.random.default_rng(0).normal(size=(1000, 200)).astype(np.float32)
    ids = np.array([f"c{i:03d}" for i in range(1000)], dtype=object)
    return rows.Rows(FeatureTable(x, ids, [f"f{i}" for i in range(200)], np.zeros(1000, int)), device)


def compare(title, model, fed, device, seconds, masks=False):
    """Train an epoch on each side in turn until `seconds` have gone; print examples per second of both and their ratio."""
    model.to(device, memory_format=torch.channels_last)
    batch = Resident(next(iter(fed)), len(fed))
    p, dtype = train.Params(epochs=1, batch_size=fed.batch_size), precision.of_training(device, fed.source.input_shape)
    took, rounds, began = np.zeros(2), 0, time.perf_counter()
    while time.perf_counter() - began < seconds or rounds < 3:
        each = [timed(model, side, p, dtype) for side in ((fed, batch), (batch, fed))[rounds % 2]]
        took += (each if rounds % 2 == 0 else each[::-1]) if rounds else 0  # the first round warms up
        rounds += 1
    ours, resident = fed.batch_size * len(fed) * (rounds - 1) / took
    name, goal = ("masks", "") if masks else ("none", goals.at_least(ours / resident, SHARE))
    print(f"| {title} | {name} | {ours:,.0f} | {resident:,.0f} | {ours / resident:.3f} | {goal} |", flush=True)


def timed(model, data, p, dtype):
    """Seconds of one epoch in the training loop, which reads each loss at its end and so waits for a GPU."""
    start = time.perf_counter()
    train.fit(model, data, lambda model: {"val_loss": 1.0}, p, dtype=dtype)
    return time.perf_counter() - start


def epochs_per_minute(folder, device):
    """Of `runs.all_runs`: training, validation on 150 rows, logging."""
    rows = numbers(device)
    ids, labels = rows.clip_ids, [LABELS[i % 10] for i in range(1000)]
    splits = pd.DataFrame({"clip_id": ids, "label": labels, "group": "", "unit": ids, "sha256": ids})
    splits["fold0"] = ["valid" if i % 20 < 3 else "test" if i % 20 < 6 else "train" for i in np.arange(1000) // 10]

    def build(fold, train_ids):
        prep = preprocess.Standardise(*rows.moments(train_ids))
        return Built(network.build("mlp", mlp.Params(widths=(128,)), prep, rows.x[:2], 10))

    p = train.Params(epochs=100, patience=None)
    job = Job(rows, splits, p, build, device, augment.Params())
    with contextlib.redirect_stdout(io.StringIO()):
        runs.all_runs(job, {"entry": {}}, folder / "run", folder / "metrics")
    cost = json.loads((folder / "run/cost.json").read_text())
    return 60 * cost["epochs"] / cost["train_s"]


if __name__ == "__main__":
    main()
