"""Whole stages on weights of ours that were trained on the data set which is tested."""

import json
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml
from support.easy_task import LABELS, easy_store, stage

from dalsegno.artefacts import leaks_json
from dalsegno.artefacts.learning import model_pt, splits_csv
from dalsegno.models import conv
from dalsegno.training.network import Model
from dalsegno.training.views import preprocess

CONV = {"channels": [4, 8], "dense": [6], "dropout": 0.0}
VIEW = {"crop_s": 1.6, "normalise": "bin"}
TRAIN = {"seeds": [0], "epochs": 1, "batch_size": 16, "lr": 0.01}
NETWORK = {"arch": "conv", "model": CONV, "weights": "ours.pt"}
FROZEN_BY_FOLD = {"unfreeze": 0, "body_lr": 1.0, "view": VIEW, "augment": {}, "input": "spectrograms/easy"}
FOLDS = [["train", "valid", "test"], ["test", "train", "valid"], ["valid", "test", "train"]]


def splits():
    rows = [(f"{label}{i}", label, *FOLDS[i % 3]) for label in LABELS for i in range(30)]
    rows = pd.DataFrame(rows, columns=["clip_id", "label", "fold0", "fold1", "fold2"])
    rows.insert(2, "group", "")
    rows.insert(3, "unit", rows["clip_id"])
    rows.insert(4, "sha256", [f"{i:064x}" for i in range(len(rows))])
    return rows


def checkpoint(folds, prefix="0"):
    """A checkpoint of a network that was trained on these folds of the splits, or on like-named clips of other data."""
    meta = json.loads(Path("store/meta.json").read_text())
    runs = []
    for fold in folds:
        torch.manual_seed(fold)
        prep = preprocess.spectrograms("bin", torch.zeros(16), torch.ones(16), None, "one")
        state = Model(
            prep, conv.build(conv.Params(channels=(4, 8), dense=(6,), dropout=(0.0,)), (1, 16, 16), 3)
        ).state_dict()
        used = splits()[splits()[f"fold{fold}"].isin(["train", "valid"])]
        used = used.assign(sha256=prefix + used["sha256"].str[1:], part=used[f"fold{fold}"])
        clips = used[["clip_id", "sha256", "unit", "part"]].to_dict("list")
        runs.append({"fold": fold, "seed": 0, "state": state, "clips": clips})
    view = VIEW | {"resize": None, "channels": "one"}
    content = {"arch": "conv", "model": CONV, "labels": LABELS, "view": view, "spectrogram": meta, "runs": runs}
    model_pt.save("ours.pt", content)


def write_params(**families):
    Path("params.yaml").write_text(yaml.safe_dump({"runtime": {"device": "cpu"}, **families}))


def transfer(source, **entry):
    write_params(transfer={"x": NETWORK | {"head": {}, "train": TRAIN} | entry})
    stage("transfer")("x", source, "splits.csv", "run", "metrics")
    return leaks_json.read("run/leaks.json")


def frozen():
    write_params(embeddings={"x": NETWORK | {"spectrogram": "easy", "view": {"crop_s": 1.6}}})
    stage("embeddings")("x", "store", "e", "cost.json")
    return transfer("e", input="embeddings/x")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    easy_store(Path("store"))
    splits_csv.write("splits.csv", splits())


def test_every_fold_starts_from_the_weights_that_have_not_seen_its_test_clips():
    checkpoint([0, 1, 2])
    assert transfer("store", **FROZEN_BY_FOLD) == leaks_json.Leaks()
    before, after = (model_pt.load(path)["runs"] for path in ("ours.pt", "run/model.pt"))
    for fold in (0, 1, 2):
        assert after[fold]["fold"] == fold
        for name, tensor in before[fold]["state"].items():
            if name.startswith("net.body") and "num_batches" not in name:
                torch.testing.assert_close(after[fold]["state"][name], tensor)


def test_weights_that_know_the_test_clips_are_named_and_stamped():
    checkpoint([0])
    (sentence,) = transfer("store", **FROZEN_BY_FOLD).leaks
    assert sentence.startswith("ours.pt was trained or validated on 60 of the 90 scored clips")


def test_embeddings_of_one_run_leak_in_the_other_folds():
    checkpoint([0, 1, 2])
    sentence, way_out = frozen().leaks
    assert "60 of the 90 scored clips" in sentence and "(folds 1, 2)" in sentence
    assert "`unfreeze: 0`" in way_out


def test_weights_of_like_named_clips_of_other_data_are_told_and_not_stamped():
    checkpoint([0], prefix="f")
    for leaks in (transfer("store", **FROZEN_BY_FOLD), frozen()):
        assert leaks.leaks == ()
        assert leaks.notes[0].startswith(
            "ours.pt was trained on clips with the names of 60 scored ones, but other samples"
        )


def test_weights_that_were_fine_tuned_still_know_the_clips_of_their_backbone():
    """A checkpoint is trained on the test clips, fine-tuned on others, and used once more."""
    checkpoint([0])
    transfer("store", **FROZEN_BY_FOLD)
    Path("ours.pt").unlink()
    Path("run/model.pt").rename("ours.pt")
    assert "scored clips" in transfer("store", **FROZEN_BY_FOLD).leaks[0]
