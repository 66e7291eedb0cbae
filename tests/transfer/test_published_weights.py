"""Weights that others have published: whose network they make, and behind which preprocessing."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from support.easy_task import state
from support.transfer_task import NET, OURS, TRAIN, embedded, left, refuse, tuned

from dalsegno.artefacts.learning import model_pt
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError


def test_published_weights_are_in_the_network_and_the_twin_has_random_ones(here):
    folder = tuned(control=TRAIN | {"epochs": 3, "lr": 0.02})
    theirs = torch.load("published.pth", weights_only=True)
    own, twin = state(folder), state(folder / "control")
    assert torch.equal(own["net.body.1.0.weight"], theirs["features.0.weight"])
    last = [name for name in own if name.startswith("net.body.9.")]
    assert not torch.equal(own[last[0]], theirs["features.12.squeeze.weight"])  # the one block that learns
    assert {n: v.shape for n, v in own.items()} == {n: v.shape for n, v in twin.items()}
    assert not torch.allclose(twin["net.body.1.0.weight"], own["net.body.1.0.weight"], atol=0.1)
    saved, control = (model_pt.load(run / "model.pt") for run in (folder, folder / "control"))
    assert (saved["weights"], control["weights"]) == ("published.pth", None)
    assert saved["view"] == control["view"] and saved["model"] == control["model"]
    costs = [json.loads(Path(run, "cost.json").read_text()) for run in (folder, folder / "control")]
    assert [(cost["max_epochs"], cost["lr"], cost["epochs"]) for cost in costs] == [(2, 0.01, 2), (3, 0.02, 3)]


def test_embeddings_of_published_weights_are_what_the_publishers_network_gives(here):
    rows = embedded(arch="torchvision", model=NET, weights="published.pth", view={"crop_s": 1.6})
    theirs = torchvision.models.squeezenet1_1(weights=None).eval()
    theirs.load_state_dict(torch.load("published.pth", weights_only=True))
    from dalsegno.families.convolutional.crops import Crops
    from dalsegno.families.convolutional.view import View
    from dalsegno.models import torchvision as arch

    clips = Crops("store", View(crop_s=1.6), None, torch.device("cpu"))
    x, owners = next(clips.evaluation(["low3"], 9))
    low, high = x.amin((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
    picture = arch.build(arch.Params(**NET), (1, 16, 16), 2).body[0]
    with torch.inference_mode():
        wanted = theirs.features(picture((x - low) / (high - low))).mean((2, 3))
    e = rows.query("clip_id == 'low3'").filter(like="e_").to_numpy()
    assert len(owners) == len(e) >= 1
    np.testing.assert_allclose(e, wanted, rtol=1e-4, atol=1e-5)


def test_embeddings_can_be_of_coloured_pictures_of_published_weights(here):
    options = {"arch": "torchvision", "model": NET, "weights": "published.pth"}
    grey = embedded(**options, view={"crop_s": 1.6})
    colour = embedded(**options, view={"crop_s": 1.6, "channels": "colour", "resize": [24, 24]})
    assert grey.shape == colour.shape and not np.allclose(grey["e_0000"], colour["e_0000"])


def test_a_view_must_be_the_one_that_the_weights_expect(here):
    with pytest.raises(UserError, match=r"x: published.pth wants view.normalise: minmax, but params.yaml has bin"):
        tuned(view={"crop_s": 1.6, "normalise": "bin"})
    with pytest.raises(UserError, match=r"wants view.channels: one, but params.yaml has repeat"):
        tuned(**OURS | {"view": OURS["view"] | {"channels": "repeat"}})
    with pytest.raises(UserError, match=r"wants view.resize: null, but params.yaml has \[9, 9\]"):
        embedded(view={"crop_s": 0.8, "resize": [9, 9]})
    assert left() == []


def test_a_folder_may_hold_more_than_weights_that_the_architecture_compares(here, monkeypatch):
    Path("folder").mkdir()
    Path("folder/pytorch_model.bin").write_bytes(Path("published.pth").read_bytes())
    assert len(embedded(arch="torchvision", model=NET, weights="folder", view={"crop_s": 1.6}))
    monkeypatch.setattr(params.component("dalsegno.models", "torchvision"), "check_folder", refuse, raising=False)
    with pytest.raises(UserError, match=r"embeddings\.x: folder: trained at 32000 Hz"):
        embedded(arch="torchvision", model=NET, weights="folder", view={"crop_s": 1.6})


def test_a_folder_of_weights_and_safetensors(tmp_path):
    tensors = {
        "a.weight": torch.randn(3, 2),
        "b": torch.arange(4),
        "half": torch.randn(5).bfloat16(),
        "n": torch.ones(()),
    }
    dtypes = {torch.float32: "F32", torch.int64: "I64", torch.bfloat16: "BF16"}
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, t in tensors.items():
        raw = t.reshape(-1).view(torch.uint8).numpy().tobytes()
        offsets = [len(data), len(data) + len(raw)]
        header[name] = {"dtype": dtypes[t.dtype], "shape": list(t.shape), "data_offsets": offsets}
        data += raw
    head = json.dumps(header).encode()
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + data)
    read = model_pt.load(tmp_path)
    assert list(read) == list(tensors) and all(torch.equal(read[n], t) for n, t in tensors.items())
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + data[:-3])
    with pytest.raises(UserError, match="perhaps cut short"):
        model_pt.load(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(UserError, match=r"no weights in it; expected model.safetensors or pytorch_model.bin"):
        model_pt.load(tmp_path)
    torch.save(tensors, tmp_path / "pytorch_model.bin")
    assert torch.equal(model_pt.load(tmp_path)["b"], tensors["b"])
