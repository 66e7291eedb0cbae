"""The stage cnn on an easy task: windows, views and augmentation, and that a checkpoint is complete."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from support.easy_task import LABELS, META, PARAMS, easy_splits, stage, state
from torch import nn

from dalsegno.artefacts import spectrogram_store
from dalsegno.artefacts.learning import model_pt, predictions_parquet
from dalsegno.families.convolutional import crops
from dalsegno.families.convolutional.view import View
from dalsegno.models import conv
from dalsegno.training import network
from dalsegno.training.views import preprocess

CPU = torch.device("cpu")


def test_windows_of_held_out_clips_are_kept(trained):
    """Their mean is the clip's prediction; a model that sees each clip once leaves no such file."""
    folder = trained("cnn", "a", seed="0, 1")
    rows = pd.read_parquet(folder / "segments.parquet")
    assert list(rows.columns) == ["clip_id", "fold", "seed", "segment", "split", "label", *[f"p_{c}" for c in LABELS]]
    keys = ["seed", "clip_id"]
    assert rows[keys].equals(rows[keys].sort_values(keys, ignore_index=True))
    whole = predictions_parquet.read(folder / "predictions.parquet").query("split in ['valid', 'test']").set_index(keys)
    windows = rows.groupby(keys)
    assert np.allclose(windows[list(rows.columns[6:])].mean(), whole[list(rows.columns[6:])], atol=1e-6)
    assert windows["split"].first().equals(whole["split"]) and windows["label"].first().equals(whole["label"])
    frames = spectrogram_store.open("data_cnn_a").index["n_frames"]
    expected = frames[[c for _, c in whole.index]].map(lambda n: max(1, math.ceil(n / 16)))
    assert list(windows["segment"].max() + 1) == list(expected) and expected.max() == 3
    assert (windows["segment"].apply(list).map(lambda s: s == list(range(len(s))))).all()
    assert not (trained("mlp", "b") / "segments.parquet").exists()


HEAVY = "{gain_db: 20, time_shift_share: 1.0, noise_std: 3.0, time_masks: 3, time_mask_share: 0.5, mixup_alpha: 5.0}"


@pytest.mark.parametrize("view", ["{crop_s: null}", "{crop_s: null, parts: 2}"])
def test_one_long_clip_that_is_not_trained_on_changes_no_weight(trained, view):
    """Nor does it change what is predicted of the others; it is itself seen in several windows."""
    params = PARAMS.replace("{crop_s: 1.6, normalise: bin}", view)
    plain = trained("cnn", "a", params=params)
    stored = spectrogram_store.open("data_cnn_a")
    clips = {c: np.array(stored.frames[start : start + n]) for c, start, n in stored.index.itertuples()}
    clips["unknown0"] = np.tile(clips["unknown0"], (40, 1))
    clips["low20"] = np.tile(clips["low20"], (30, 1))
    assert easy_splits().set_index("clip_id")["fold0"]["low20"] == "test"
    spectrogram_store.write("data_cnn_long", clips.items(), META | {"scale": 1.0, "offset": 0.0})
    stage("cnn")("easy", "data_cnn_long", "splits.csv", "run_long", "metrics_long")
    long = Path("run_long")
    assert all(torch.equal(v, state(long)[k]) for k, v in state(plain).items())
    rows = [
        predictions_parquet.read(f / "predictions.parquet").query("clip_id not in ['unknown0', 'low20']")
        for f in (plain, long)
    ]
    pd.testing.assert_frame_equal(*rows)
    segments = pd.read_parquet(long / "segments.parquet").groupby("clip_id").size()
    assert segments["low20"] > 10


def test_augmentation_touches_training_data_only(trained, tmp_path):
    """A network that learns next to nothing says the same of every clip, however its training data were spoilt."""
    still = PARAMS.replace("dropout: 0.0}", "dropout: 0.0, batch_norm: false}")
    plain, heavy = (
        trained("cnn", name, epochs=2, lr="1e-30", params=still.replace("augment: {}", f"augment: {changes}"))
        for name, changes in (("a", "{}"), ("b", HEAVY))
    )
    for file in ("predictions.parquet", "segments.parquet"):
        assert (plain / file).read_bytes() == (heavy / file).read_bytes()
    a, b = (json.loads((tmp_path / f"metrics_{name}/metrics.json").read_text()) for name in "ab")
    assert all((a[k] == b[k]) == (k != "train_loss") for k in a)  # the loss tells that they were spoilt indeed


def test_predictions_are_of_clips_as_they_are_stored(trained):
    """What a heavily augmented network is said to predict is what its checkpoint makes of the plain windows."""
    folder = trained("cnn", "a", epochs=2, params=PARAMS.replace("augment: {}", f"augment: {HEAVY}"))
    saved = model_pt.load(folder / "model.pt")
    seen = crops.Crops("data_cnn_a", View(**saved["view"]), None, CPU)
    prep = preprocess.spectrograms("bin", torch.zeros(16), torch.ones(16))
    model = network.build("conv", conv.Params(**saved["model"]), prep, seen.example(), 3)
    model.load_state_dict(state(folder))
    rows = predictions_parquet.read(folder / "predictions.parquet").set_index("clip_id")
    x = spectrogram_store.open("data_cnn_a")
    for clip_id in ("low17", "mid25"):
        whole = torch.tensor(x.clip(clip_id).T)
        last = max(whole.shape[1] - 16, 0)
        whole = nn.functional.pad(whole, (0, max(16 - whole.shape[1], 0)), value=META["floor"])
        windows = [whole[:, i : i + 16] for i in sorted({*range(0, last, 16), last})]
        with torch.no_grad():
            p = model.eval()(torch.stack(windows)[:, None]).softmax(1).mean(0)
        assert np.allclose(p, rows.loc[clip_id, [f"p_{c}" for c in LABELS]].astype(float), atol=1e-5)


@pytest.mark.parametrize(
    "view",
    [
        "{crop_s: null, parts: 3}",
        "{crop_s: 1.6, evaluate: whole}",
        "{crop_s: 1.6, evaluate: whole, resize: [24, 20], channels: repeat}",
        "{crop_s: 1.6, normalise: minmax, channels: colour}",
        "{crop_s: 1.6, normalise: none, channels: deltas, vote: majority}",
    ],
)
def test_every_view_trains_and_its_checkpoint_is_complete(trained, view):
    folder = trained("cnn", "a", params=PARAMS.replace("{crop_s: 1.6, normalise: bin}", view))
    saved = model_pt.load(folder / "model.pt")
    seen = crops.Crops("data_cnn_a", View(**saved["view"]), None, CPU)
    v = seen.view
    prep = preprocess.spectrograms(v.normalise, torch.zeros(16), torch.ones(16), v.resize, v.channels)
    network.build("conv", conv.Params(**saved["model"]), prep, seen.example(), 3).load_state_dict(state(folder))
    assert (folder / "segments.parquet").exists() == ("whole" not in view)
    assert len(predictions_parquet.read(folder / "predictions.parquet")) == 93
