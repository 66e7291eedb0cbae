"""Write params.yaml for a run of bench/gpu.sh: the default, or the same on as much sound as GTZAN has.

    python bench/gpu/settings.py DEFAULT [--device cuda] [--small] [--rehearsal [--lr LR]]

What needs the package musicnn is left out where that is not installed, as on a bare machine, and with --small.
"""

import argparse
from importlib import util
from pathlib import Path

import yaml

from dalsegno.pipeline import params

TRAIN = {"seeds": [0], "epochs": 40, "batch_size": 32, "lr": 3e-3, "patience": None}
VIEW = {"crop_s": 3.0, "normalise": "bin"}
MASKS = {"time_masks": 1, "frequency_masks": 1}
CNN = {  # 0.3 M, 11 M and modnet
    "small": {"arch": "conv", "model": {"channels": [32, 64, 128, 128], "dense": [128]}},
    "resnet18": {"arch": "resnet", "model": {}},
    "modnet": {"arch": "modnet", "model": {}},
}
SEARCH = {
    "of": "mlp.small", "input": "features.parquet", "trials": 20, "pruner": "halving",
    "space": {"train.lr": {"loguniform": [1e-4, 1e-2]}, "model.dropout": {"uniform": [0.0, 0.5]}},
}  # fmt: skip


def rehearse(doc, lr):
    """1,000 clips of 30 s in ten styles, a hold-out, and three networks of 40 epochs in place of the default's."""
    styles = {"styles": 10, "artists": 20, "clips_per_artist": 5, "duration_s": 30.0, "unlabelled": 0}
    doc["corpus"]["styles"] |= styles
    doc["splits"] |= {"protocol": "holdout", "folds": 5}
    doc["splits"].pop("folds"), doc["splits"].pop("repeats")
    entries = CNN.items()
    doc["cnn"] = {
        k: {"spectrogram": "logmel", **net, "view": VIEW, "augment": MASKS, "train": TRAIN} for k, net in entries
    }
    doc["cnn"]["modnet"]["train"] = TRAIN | {"lr": lr}
    doc["ensembles"] = {"three": ["classical/svm", "mlp/small", "cnn/modnet"]}
    doc["search"] = {"small": SEARCH}


def shrink(doc, duration_s):
    """The same stages on next to nothing, clips of `duration_s` seconds, and without a baseline that others stand for."""
    small = {"styles": 3, "artists": 4, "clips_per_artist": 2, "duration_s": duration_s, "unlabelled": 2}
    doc["corpus"]["styles"] |= small
    doc["corpus"]["notes"] |= {"instruments": 3, "notes": 2, "note_s": 1.0}
    doc["runtime"]["workers"] = 1  # as so few clips start no more on a machine of many cores either
    doc["features"]["use"] = ["mfcc", "rms"]
    doc["classical"].pop("logistic")
    for entry in [entry for family in ("mlp", "cnn", "pretrain", "transfer") for entry in doc[family].values()]:
        entry["train"] = entry["train"] | {"epochs": 1}
        if entry.get("view"):
            entry["view"] = entry["view"] | {"crop_s": 1.0}
    for entry in doc["cnn"].values():
        entry["model"] = {"channels": [4, 8], "dense": []} if entry["arch"] == "conv" else entry["model"]
    doc["transfer"]["finetuned"]["control"] |= {"epochs": 1}
    doc["report"]["explained"] = 0
    doc["search"] = {key: entry | {"trials": 2} for key, entry in doc["search"].items()}


def without_musicnn(doc):
    """Leave out the weights that come in a package, and what is made of them."""
    doc["packaged"] = {}
    gone = ("musicnn", "songs", "msd_musicnn")
    for family in ("spectrograms", "embeddings", "transfer"):
        doc[family] = {k: v for k, v in doc[family].items() if k not in gone}


def justify(doc):
    """Give reasons for no entry that is not there, which the paper would refuse."""
    there = {f"{section}/{key}" for section in doc if isinstance(doc[section], dict) for key in doc[section]}
    doc["paper"]["why"] = {k: v for k, v in doc["paper"]["why"].items() if k in there | {"features"}}


def main():
    """Write params.yaml here."""
    parser = argparse.ArgumentParser()
    parser.add_argument("default")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--rehearsal", action="store_true")
    parser.add_argument("--lr", type=float, default=3e-3)
    p = parser.parse_args()
    doc = params.document(p.default)
    doc["runtime"]["device"] = p.device
    if p.rehearsal:
        rehearse(doc, p.lr)
    if p.small:
        shrink(doc, 2.5 if p.rehearsal else 2.0)  # another length, so that the rehearsal runs every stage again
    if p.small or util.find_spec("musicnn") is None:
        without_musicnn(doc)
    justify(doc)
    Path("params.yaml").write_text(yaml.safe_dump(doc, sort_keys=False), encoding="utf-8")


if __name__ == "__main__":
    main()
