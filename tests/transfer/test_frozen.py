"""Heads on stored embeddings of a frozen backbone."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from support.easy_task import LABELS, accuracy, stage
from support.transfer_task import CONV, TRAIN, embedded, write_params

from dalsegno.artefacts import features_parquet
from dalsegno.artefacts.learning import model_pt
from dalsegno.families.rows import Rows
from dalsegno.pipeline.errors import UserError

HEAD = {
    "input": "embeddings/x",
    "arch": "conv",
    "weights": "ours/model.pt",
    "head": {},
    "train": TRAIN | {"epochs": 20},
}


def headed(**changes):
    write_params(transfer={"x": HEAD | changes})
    stage("transfer")("x", "e", "splits.csv", "run", "metrics")
    return Path("run")


def test_a_head_on_embeddings_of_a_network_that_knows_the_task(here):
    embedded()
    folder = headed()
    assert accuracy(folder, "test") >= 0.6  # chance is 0.33
    saved = model_pt.load(folder / "model.pt")
    assert saved["model"]["channels"] == [4, 8] and saved["input"] == "embeddings/x" and saved["labels"] == LABELS
    headed(model=CONV)  # said again, it must be the same
    with pytest.raises(UserError, match=r"arch is vgg, but embeddings/x was computed with conv"):
        headed(arch="vgg")
    with pytest.raises(UserError, match=r"model is .*\[4, 9\].* was computed with .*\[4, 8\]"):
        headed(model=CONV | {"channels": [4, 9]})


def test_cost_counts_the_frozen_network_in_and_trains_the_head_alone(here):
    n_in = embedded().filter(like="e_").shape[1]
    cost = json.loads((headed() / "cost.json").read_text())
    head = (n_in + 1) * len(LABELS)
    body = json.loads(Path("e/meta.json").read_text())["parameters"]
    assert body > 100 and (cost["parameters"], cost["trained_parameters"]) == (body + head, head)
    layers = pd.read_csv("run/layers.csv")
    assert layers["parameters"].sum() == cost["parameters"] and layers["parameters"][0] == body
    took = json.loads(Path("cost.json").read_text())
    assert (
        took["s"] > 0
        and took["of"] == "spectrograms/easy"
        and took["ms_per_clip"] == pytest.approx(1000 * took["s"] / took["clips"], abs=1e-3)
    )


def test_augmented_views_are_there_to_train_on_only(here):
    plain = embedded()
    both = embedded(views=2, augment={"time_masks": 1, "time_mask_share": 0.3, "gain_db": 3.0})
    assert len(both) == 3 * len(plain)
    of_view = both.query("view == 0").drop(columns="view").reset_index(drop=True)
    pd.testing.assert_frame_equal(of_view, plain.drop(columns="view"))
    one = both.query("clip_id == 'low1' and segment == 0").filter(like="e_").to_numpy()
    assert len(np.unique(one, axis=0)) == 3
    table = Rows(features_parquet.read("e/embeddings.parquet", {"low1", "mid2"}), torch.device("cpu"))
    n = len(plain.query("clip_id in ['low1', 'mid2']"))
    assert len(table.examples(["low1", "mid2"])[0]) == 3 * n
    shown = torch.cat([x for x, _ in table.evaluation(["low1", "mid2"], 2)])
    wanted = plain[plain["clip_id"].isin(["low1", "mid2"])].sort_values(["clip_id", "segment"]).filter(like="e_")
    assert torch.equal(shown, torch.tensor(wanted.to_numpy()))
    headed()


def test_views_without_a_way_to_change_them_are_refused(here):
    with pytest.raises(UserError, match=r"embeddings.x: views is 2 and augment .*: neither is of use alone"):
        embedded(views=2)
    with pytest.raises(UserError, match="neither is of use alone"):
        embedded(augment={"time_masks": 1})
    with pytest.raises(UserError, match="mixup_alpha mixes labels"):
        embedded(views=1, augment={"mixup_alpha": 0.2})


def test_pieces_of_the_leaky_protocol_need_as_many_windows(here):
    rows = embedded(view={"crop_s": 0.5})
    n = rows.groupby("clip_id").size()
    clip = n.index[0]
    pieces = {f"{clip}#{k}/{n[clip]}" for k in range(n[clip])}
    assert set(features_parquet.read("e/embeddings.parquet", pieces).clip_ids) == pieces
    with pytest.raises(UserError, match=rf"99 pieces of clip {clip}, which has {n[clip]} segments here; set"):
        features_parquet.read("e/embeddings.parquet", {f"{clip}#0/99"})
