"""A small run on real files, stage by stage in this process: models of every family, to be asked again by the engine."""

from pathlib import Path

import numpy as np
import pandas as pd
import soundfile as sf
import yaml
from PIL import Image
from support.easy_task import stage

from dalsegno.artefacts.learning import predictions_parquet

LABELS = ("hum", "noise", "pulse")
TRAIN = {"seeds": [0], "epochs": 1, "batch_size": 4, "lr": 0.01, "patience": None}
CONV = {"arch": "conv", "model": {"channels": [4, 8], "dense": [6], "dropout": 0.0}}
NET = {"arch": "torchvision", "model": {"name": "squeezenet1_1", "size": 32}}


HEAD = {"input": "embeddings/ours", **CONV, "weights": "runs/cnn/crops/model.pt", "train": TRAIN}


def network(view, spectrogram="logmel", train=None, **arch):
    return {"spectrogram": spectrogram, "view": view, "augment": {}, "train": TRAIN | (train or {}), **(arch or CONV)}


PARAMS = {
    "runtime": {"workers": 1, "device": "cpu"},
    "dataset": {"name": "folders", "root": "sounds", "min_duration_s": 0.1},
    "features": {"n_mfcc": 5, "n_mels": 32, "segments": 2, "use": ["mfcc", "centroid"], "stats": ["mean", "std"]},
    "spectrograms": {
        "logmel": {"kind": "logmel", "options": {"n_mels": 24, "n_fft": 1024, "peak_normalise": True, "f_min_hz": 30.0}},
        "windows": {"kind": "windows", "options": {"n_mels": 16, "n_fft": 1024, "windows_ms": [10.0, 40.0]}},
        "waveform": {"kind": "waveform", "options": {"sample_rate_hz": 8000, "pool": 4}},
    },
    "splits": {"protocol": "kfold", "folds": 2, "valid_share": 0.2, "file": "data/clips.csv"},
    "classical": {
        "majority": {"estimator": "majority"},
        "logistic": {"estimator": "logistic"},
        "svm": {"estimator": "svm"},
        "knn": {"estimator": "knn", "grid": [{"n_neighbors": 3}]},
        "forest": {"estimator": "forest", "grid": [{"n_estimators": 5}], "seeds": [0, 1]},
    },
    "mlp": {
        "plain": {"arch": "mlp", "model": {"widths": [8]}, "pca": None, "augment": {}, "train": TRAIN | {"seeds": [0, 1]}},
        "pca": {"arch": "mlp", "model": {"widths": [8]}, "pca": 0.9, "augment": {}, "train": TRAIN},
    },
    "cnn": {
        "crops": network({"crop_s": 0.5, "hop_s": 0.3, "vote": "majority"}),
        "whole": network({"crop_s": None, "normalise": "clip"}),
        "shown": network({"crop_s": 0.5, "evaluate": "whole", "resize": [16, 20], "channels": "deltas"}),
        "parts": network({"crop_s": None, "parts": 2, "normalise": "minmax", "channels": "colour"}),
        "windows": network({"crop_s": 0.5}, "windows"),
        "wave": network({"crop_s": 0.5, "normalise": "dataset"}, "waveform", arch="wave1d", model={}),
    },
    "embeddings": {
        "ours": {"spectrogram": "logmel", **CONV, "weights": "runs/cnn/crops/model.pt", "view": {"crop_s": 0.5}},
        "published": {"spectrogram": "logmel", **NET, "weights": "published.pth", "view": {"crop_s": None}},
        "layers": {
            "spectrogram": "logmel", **CONV, "weights": "runs/cnn/crops/model.pt", "view": {"crop_s": 0.5},
            "layers": [1, "embedding"],
        },
    },
    "transfer": {
        "frozen": HEAD | {"head": {}},
        "published": {
            "input": "embeddings/published", **NET, "weights": "published.pth", "head": {"widths": [5]}, "train": TRAIN
        },
        **{over: HEAD | {"head": {"over": over}} for over in ("mean", "mean_std", "attention", "neighbours")},
        "weighted": HEAD | {"input": "embeddings/layers", "head": {"layers": "weighted"}},
        "tuned": {
            "input": "spectrograms/logmel", **CONV, "weights": "runs/cnn/crops/model.pt", "head": {"widths": [5]},
            "view": {"crop_s": 0.5}, "augment": {}, "unfreeze": 1, "body_lr": 0.5, "control": TRAIN, "train": TRAIN,
        },
    },
    "ensembles": {"both": ["classical/svm", "cnn/crops"]},
}  # fmt: skip
MODELS = [f"{family}/{key}" for family in ("classical", "mlp", "cnn", "transfer") for key in PARAMS[family]]


def samples(label, i, seconds, rate_hz):
    rng = np.random.default_rng([i, *label.encode()])
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    tone = np.sin(2 * np.pi * (200 + 20 * i) * t)
    x = {"hum": tone, "noise": rng.normal(0, 0.3, len(t)), "pulse": tone * (t * 6 % 1 < 0.2)}[label]
    return (0.5 * x + rng.normal(0, 0.01, len(t))).astype(np.float32)


def write_sounds(root):
    """Eight clips of each label: of 0.4 to 1.5 s, two rates, one or two channels, three formats."""
    for label in LABELS:
        Path(root, label).mkdir(parents=True)
        for i in range(8):
            rate_hz = 22050 if i % 2 else 16000
            x = samples(label, i, 0.4 + 0.15 * i, rate_hz)
            x = np.stack([x, 0.5 * x], 1) if i % 3 == 0 else x
            sf.write(Path(root, label, f"{i}.{('wav', 'flac', 'ogg')[i % 3]}"), x, rate_hz)


def carry_out(params=PARAMS):
    """Run every stage that `params` asks for, here."""
    Path("params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    stage("clips")(
        "data/clips.csv", "data/copies.csv", "metrics/clips.json", "reports/doctor.html", "reports/examples.json"
    )
    segments = str(params["features"]["segments"]) if "features" in params else "1"
    stage("splits")("data/clips.csv", "data/copies.csv", segments, "data/splits.csv", "metrics/splits.json")
    for key in params["spectrograms"]:
        stage("spectrograms")("data/clips.csv", f"data/spectrograms/{key}", key, f"data/costs/spectrograms/{key}.json")
    if "features" in params:
        stage("features")("data/clips.csv", "data/features.parquet", "data/costs/features.json")
    for family in ("classical", "mlp", "cnn"):
        for key, entry in params.get(family, {}).items():
            source = f"data/spectrograms/{entry['spectrogram']}" if family == "cnn" else "data/features.parquet"
            stage(family)(key, source, "data/splits.csv", f"runs/{family}/{key}", f"metrics/{family}/{key}")
    for key, entry in params.get("embeddings", {}).items():
        stage("embeddings")(
            key,
            f"data/spectrograms/{entry['spectrogram']}",
            f"data/embeddings/{key}",
            f"data/costs/embeddings/{key}.json",
        )
    for key, entry in params.get("transfer", {}).items():
        stage("transfer")(
            key, f"data/{entry['input']}", "data/splits.csv", f"runs/transfer/{key}", f"metrics/transfer/{key}"
        )


def write_pictures(root):
    rng = np.random.default_rng(0)
    for label in LABELS:
        Path(root, label).mkdir(parents=True)
        for i in range(6):
            pixels = rng.integers(0, 200, (20, 30 + i), dtype=np.uint8) + 10 * LABELS.index(label)
            Image.fromarray(pixels.astype(np.uint8)).save(Path(root, label, f"{i}.png"))


PICTURES = {
    "runtime": PARAMS["runtime"],
    "dataset": {"name": "images", "root": "pictures"},
    "spectrograms": {"pictures": {"kind": "image", "options": {"bins": 16}}},
    "splits": PARAMS["splits"],
    "cnn": {"pictures": network({"crop_s": 1.0}, "pictures")},
}


def by_the_pipeline(folder):
    """What the run itself predicted of each of its files, the mean over folds and seeds, by path below the root."""
    rows = predictions_parquet.read(Path(folder, "predictions.parquet"))
    columns = [f"p_{label}" for label in predictions_parquet.classes(rows)]
    rows = rows[~rows["clip_id"].str.contains("#")]  # pieces of a clip are no files
    clips = pd.read_csv("data/clips.csv", dtype=str).set_index("clip_id")["path"]
    return rows.groupby("clip_id")[columns].mean().rename(index=clips)
