"""Small trees of data in the layout that each recipe expects, its networks and training made small, and random weights."""

import csv
import functools
import json
import re
from pathlib import Path

import numpy as np
import torch
import torchvision
from PIL import Image
from support import known_collections, tf_checkpoints
from support.known_collections import sound

from dalsegno.clips import gtzan_csv
from dalsegno.models import efficientat
from dalsegno.pipeline import params
from dalsegno.transfer.wheels import musicnn

HERE = Path(__file__).parents[2]
RECIPES = {path.stem: path for path in sorted(HERE.glob("recipes/*.yaml"))}
GENRES = ("blues", "disco", "rock")


LARGEST = {
    "epochs": 1, "batch_size": 4, "folds": 2, "repeats": 1, "resamples": 200, "crop_s": 1.0, "hop_s": 1.0, "parts": 2, "segments": 4,
    "width": 8, "widths": 8, "channels": 8, "dense": 8, "resize": 48,
}  # fmt: skip


SMALL_ENCODERS = {
    "hubert": {"hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 32, "conv_dim": [16] * 7}
    | {"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2},
    "audio-spectrogram-transformer": {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    | {"intermediate_size": 32, "max_length": 100},
}


def shrunk(value, key=""):
    """`value`, of the parameter `key`, with networks, pictures and training made small."""
    if isinstance(value, dict):
        small = {k: shrunk(v, k) for k, v in value.items()}
        if value.get("arch") == "torchvision" and "model" in value:
            small["model"] |= {"size": 48}
        if value.get("arch") == "musicnn_vgg" and "view" in value:
            small["view"] |= {"crop_s": 1.1}  # its poolings leave nothing of a shorter one
        if value.get("arch") == "transformers":
            small["model"]["config"] = value["model"]["config"] | SMALL_ENCODERS[value["model"]["type"]]
        if value.get("arch") == "modnet":
            small["model"] |= {"cepstra": 8, "bands": 8}
        return small
    if isinstance(value, list):
        small = [shrunk(v, key) for v in value]
        return small[:1] if key in ("seeds", "grid") else small
    return min(value, LARGEST[key]) if key in LARGEST and isinstance(value, int | float) else value


def names_of_gtzan():
    """Three clips of each genre and part of the fault-filtered lists."""
    for genre in GENRES:
        for part in ("train", "valid", "test"):
            of_part = [
                n for n, fact in gtzan_csv.facts().items() if n.startswith(genre) and fact["fault_filtered"] == part
            ]
            yield from (f"{genre}/{n}" for n in of_part[::7][:3])


def make_gtzan(root):
    for name in names_of_gtzan():
        sound(root / "genres_original" / f"{name}.au", 22050)


def make_kaggle(root):
    for genre in GENRES:
        for i in range(5):
            sound(root / "train" / genre / f"{genre}.{20 * i:05}.au", 22050)  # each by another artist
    for i in range(3):
        sound(root / "test" / f"test.{i:05}.au", 22050)
    (root / "sample_submission.csv").write_text("id,class\n" + "".join(f"test.{i:05}.au,rock\n" for i in range(3)))


def make_folders(root):
    for i in range(18):
        sound(root / f"family{i % 3}" / f"note{i}.flac", 22050)


def make_nsynth(root):
    """Validation and test share their instruments, as in the original; synth_lead is in training only."""
    for part, first in (("train", 0), ("valid", 50), ("test", 50)):
        table = {}
        for family in ("bass", "reed", "synth_lead")[: 3 if part == "train" else 2]:
            for k, source in enumerate(("acoustic", "electronic", "synthetic")):
                instrument = f"{family}_{source}_{first + k:03}"
                for pitch in (40, 60) if part == "train" else ([50] if part == "valid" else [70]):
                    name = f"{instrument}-{pitch:03}-100"
                    table[name] = {"instrument_str": instrument, "instrument_family_str": family}
                    table[name] |= {"instrument_source_str": source, "pitch": pitch}
                    sound(root / f"nsynth-{part}" / "audio" / f"{name}.wav", 16000, 1.0)
        (root / f"nsynth-{part}" / "examples.json").write_text(json.dumps(table))


def make_images(root):
    """Grey pictures of 128 bins, and the table of features, which lacks a clip."""
    rng, rows = np.random.default_rng(0), []
    for name in names_of_gtzan():
        path = root / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (128, 60), dtype=np.uint8)).save(path)
        genre, clip = name.split("/")
        rows.append([f"{clip}.wav", 661794, *rng.normal(size=57).round(4), genre])
    with (root.parent / "gtzan_features_30_sec.csv").open("w", newline="") as file:
        columns = ["filename", "length", *(f"feature{i}_mean" for i in range(57)), "label"]
        csv.writer(file).writerows([columns, *rows[:-1]])


MAKE = {
    "folders": make_folders,
    "gtzan": make_gtzan,
    "kaggle": make_kaggle,
    "nsynth": make_nsynth,
    "images": make_images,
    "fma": known_collections.fma,
    "irmas": known_collections.irmas,
    "ESC-50": known_collections.esc50,
    "UrbanSound8K": known_collections.urbansound8k,
    "medley_solos_db": known_collections.medley_solos_db,
    "audiofolder": known_collections.hf_audiofolder,
    "kaggle_table": known_collections.kaggle_train_csv,
}
"""How to make a small tree of a layout or, where the layout is that of a table, of the data in a folder of that name."""


@functools.cache
def random_weights(arch, **model):
    """A state dict as its publisher names things. Large tensors are one number, stretched: its file is small."""
    if arch == "efficientat":
        net = efficientat.build(efficientat.Params(**model), (1, 128, 32), 527)
        theirs = {
            "body.": "features.",
            ".fc": ".conc_se_layers.0.fc",
            "head.0.": "classifier.2.",
            "head.3.": "classifier.5.",
        }
        renamed = lambda key: functools.reduce(lambda k, pair: k.replace(*pair), theirs.items(), key)
        return {renamed(key): tensor for key, tensor in net.state_dict().items()}
    if arch.startswith("musicnn"):
        shapes = tf_checkpoints.vgg() if arch == "musicnn_vgg" else tf_checkpoints.musicnn()
        return musicnn.in_pytorchs_names(tf_checkpoints.random(shapes))
    with torch.device("meta"):
        state = torchvision.models.get_model(model["name"], weights=None).state_dict()
    return {key: random_tensor(key, t) for key, t in state.items()}


def random_tensor(key, like):
    if key.endswith("num_batches_tracked"):
        return torch.tensor(0)
    if key.endswith("running_var"):
        return torch.ones(like.shape)
    if like.numel() > 1e6:
        return torch.tensor(1e-4).expand(like.shape)
    return torch.randn(like.shape) / max(1, like[0].numel()) ** 0.5


def save_encoder(folder, type, config, standardise=True):
    """A random network of the transformers library, as it saves one."""
    import transformers

    torch.manual_seed(0)
    transformers.AutoModel.from_config(transformers.AutoConfig.for_model(type, **config)).save_pretrained(folder)


def entries(doc, *families):
    """The entries of these sections, by path."""
    return {f"{f}.{key}": entry for f in families for key, entry in doc[f].items()}


def header(name):
    """The fields of the comment that a recipe begins with, and its title."""
    lines = RECIPES[name].read_text().split("\n\n")[0].splitlines()
    assert all(line.startswith("#") and len(line) <= 120 for line in lines)
    fields, title = {}, lines[0].removeprefix("# ")
    for line in lines[2:]:
        start = re.match(r"# ([A-Z]\w+): +", line)
        if start:
            fields[start[1]] = []
        fields[list(fields)[-1]].append(line[start.end() :] if start else line.lstrip("# "))
    return title, {field: "\n".join(lines) for field, lines in fields.items()}


def lay_out(root, doc):
    """The data and the weights that `doc` asks for, below `root`."""
    name, folder = doc["dataset"]["name"], root / doc["dataset"]["root"]
    MAKE[folder.name if name == "table" else name](folder)
    (root / "weights").mkdir()
    for entry in entries(doc, "embeddings", "transfer").values():
        if entry["arch"] == "transformers":
            save_encoder(root / entry["weights"], **entry["model"])
        elif "model" in entry:
            sizes = {} if entry["arch"].startswith("musicnn") else entry["model"]  # theirs are always the same
            torch.save(random_weights(entry["arch"], **sizes), root / entry["weights"])


def small(name):
    """The recipe `name`, shrunk, as plain data."""
    return shrunk(params.document(RECIPES[name])) | {"runtime": {"workers": 1, "device": "cpu"}}
