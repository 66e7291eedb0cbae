"""Weights over the layers of an encoder, learnt by a head on its stored embeddings."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from support.easy_task import LABELS, accuracy, easy_splits, stage
from support.transfer_task import TRAIN, embedded, write_params

from dalsegno.models import musicnn, musicnn_vgg
from dalsegno.pipeline.errors import UserError
from dalsegno.transfer.adapting.layer_weights import Weighted

WIDTHS = {"wide": 40, "telling": 4, "narrow": 8}
HEAD = {
    "input": "embeddings/x",
    "arch": "conv",
    "weights": "ours/model.pt",
    "train": TRAIN | {"epochs": 30, "weight_decay": 0.1, "monitor": "val_loss"},
}


def stored(widths):
    """Embeddings in place of those of the network: `telling` follows the label, all else is noise."""
    embedded()
    rows, rng = pd.read_parquet("e/embeddings.parquet"), np.random.default_rng(0)
    label = easy_splits().set_index("clip_id")["label"][rows["clip_id"]]
    place = rng.normal(size=(len(LABELS) + 1, WIDTHS["telling"]))[[["", *LABELS].index(name) for name in label]]
    columns = {
        name: rng.normal(size=(len(rows), width)) + (place if name == "telling" else 0)
        for name, width in widths.items()
    }
    e = np.concatenate(list(columns.values()), 1).astype(np.float32)
    named = pd.DataFrame(e, columns=[f"e_{i:04d}" for i in range(e.shape[1])])
    pd.concat([rows.filter(regex="^(clip_id|segment|view)$"), named], axis=1).to_parquet("e/embeddings.parquet")
    meta = json.loads(Path("e/meta.json").read_text())
    Path("e/meta.json").write_text(json.dumps(meta | {"layers": widths}))


def headed(**head):
    write_params(transfer={"x": HEAD | {"head": head}})
    stage("transfer")("x", "e", "splits.csv", "run", "metrics")
    return accuracy(Path("run"), "test")


@pytest.mark.parametrize("over", ["windows", "mean", "mean_std", "attention"])
def test_the_layer_that_tells_the_label_weighs_most(here, over):
    stored(WIDTHS)
    weighted = headed(over=over, dropout=0.5, layers="weighted")
    found = pd.read_csv("run/layer_weights.csv").set_index("layer")
    assert list(found.index) == list(WIDTHS) and found["weight"].sum() == pytest.approx(1, abs=1e-3)
    assert (found["least"] <= found["weight"]).all() and (found["weight"] <= found["greatest"]).all()
    assert found["weight"].idxmax() == "telling"
    for bad in ("wide", "narrow"):
        stored({bad: WIDTHS[bad]})
        assert weighted > headed(over=over)


def test_weights_are_written_only_where_they_are_learnt(here):
    stored(WIDTHS)
    headed()
    assert not Path("run/layer_weights.csv").exists()


def test_an_embedding_begins_as_it_is_and_what_is_not_there_stays_away():
    layer = Weighted.of(WIDTHS)
    x = torch.randn(3, sum(WIDTHS.values()), generator=torch.Generator().manual_seed(0))
    x[1] = torch.nan
    torch.testing.assert_close(layer(x), x, equal_nan=True)
    assert layer.weights.tolist() == pytest.approx([1 / 3] * 3)
    layer(x).nansum().backward()
    assert layer.logits.grad.isfinite().all() and layer.logits.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ({"over": "neighbours", "layers": "weighted"}, "layers: weighted is of no use where over is 'neighbours'"),
        ({"layers": "some"}, "head.layers"),
        (
            {"layers": "weighted"},
            "the embeddings of conv are of one layer; set `layers` of the embeddings entry to several",
        ),
    ],
)
def test_what_cannot_be_weighed_is_refused(here, head, message):
    embedded()
    with pytest.raises(UserError, match=message):
        headed(**head)


@pytest.mark.parametrize("arch", [musicnn, musicnn_vgg])
def test_widths_are_those_of_the_layers_in_the_embedding(arch):
    shape = (1, 96, 187)
    x = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0))
    names = ("penultimate", "cnn1", "temporal") if arch is musicnn else ("pool2", "penultimate", "pool5")
    torch.manual_seed(0)
    together = arch.build(arch.Params(layers=names), shape, 2).eval()
    widths = arch.widths(arch.Params(layers=names), shape)
    e = together.body(x)
    assert list(widths) == list(names) and e.shape[1] == sum(widths.values())
    for name, part in zip(names, e.split(list(widths.values()), 1), strict=True):
        alone = arch.build(arch.Params(layers=(name,)), shape, 2).eval()
        alone.body.load_state_dict(together.body.state_dict(), strict=False)
        torch.testing.assert_close(alone.body(x), part)
