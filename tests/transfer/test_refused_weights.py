"""Files of weights that do not fit are refused with what differs, and nothing is written."""

import os
import pickle
from pathlib import Path

import pytest
import torch
from support.transfer_task import CONV, NET, OURS, TUNED, embedded, left, refuse, save, tuned

from dalsegno.artefacts.learning import model_pt
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError


def with_checkpoint(**changes):
    return OURS | save("other.pt", model_pt.load("ours/model.pt") | changes)


class Code:
    def __reduce__(self):
        return os.mkdir, ("was_run",)


def other_sample_rate():
    there = model_pt.load("ours/model.pt")["spectrogram"]
    return with_checkpoint(spectrogram=there | {"frame_rate_hz": 43.0})


def cut_short(source, weights, share):
    whole = Path(weights).read_bytes()
    Path("cut.pt").write_bytes(whole[: int(len(whole) * share)])
    return source | {"weights": "cut.pt"}


def legacy():
    torch.save({"a": torch.zeros(99)}, "legacy.pt", _use_new_zipfile_serialization=False)
    return "legacy.pt"


def garbage(content):
    Path("x.pt").write_bytes(content)
    return {"weights": "x.pt"}


FAULTS = {
    "another network of the same file": (
        lambda: {"model": NET | {"name": "squeezenet1_0"}},
        r"published.pth: does not fit .*; \d+ tensors differ, first: (net\.)?body\.1\.0\.weight "
        r"\(64 × 3 × 3 × 3 in the file, 96 × 3 × 7 × 7 here\)(, \S+ \([^)]*\)){4}$",
    ),
    "keys of another family": (
        lambda: {"model": {"name": "resnet18", "size": 32}},
        r"tensors differ, first: body\.1\.0\.weight \(absent in the file",
    ),
    "another width": (
        lambda: OURS | {"model": CONV | {"channels": [4, 9]}},
        r"does not fit .*net\.body\.1\.0\.weight \(8 × 4 × 3 × 3 in the file, 9 × 4 × 3 × 3 here\)",
    ),
    "another architecture": (
        lambda: OURS | {"arch": "vgg", "model": {}},
        r"ours/model.pt: weights of a 'conv', but arch is 'vgg'; \d+ tensors differ, first: \S+ \([^)]*\)(, \S+ \([^)]*\)){4}$",
    ),
    "another size of input": (
        lambda: OURS | save("sized.pt", sized()) | {"model": CONV | {"global_average": False}},
        r"sized.pt: does not fit .*net\.body\.3\.0\.weight \(6 × 64 in the file, 6 × 128 here\)",
    ),
    "another frame rate": (other_sample_rate, r"another kind of spectrogram \(frame_rate_hz: 43.0 there, 10.0 here\)"),
    "what the architecture refuses": (lambda: {}, r"published.pth: trained at 32000 Hz"),
    "an architecture without published weights": (
        lambda: OURS | {"weights": "published.pth"},
        r"published.pth: not a checkpoint of ours, and conv takes no others; its first tensors are features.0.weight",
    ),
    "half a checkpoint": (
        lambda: OURS | save("half.pt", {"arch": "conv", "runs": []}),
        r"half.pt: not a checkpoint of a network on spectrograms; it lacks labels, view, spectrogram",
    ),
    "a checkpoint without a run": (
        lambda: spoilt(runs=[]),
        r"spoilt.pt: a checkpoint of ours, but not a whole one \(ValueError: there are no weights in it\); train it again",
    ),
    "a checkpoint of no view": (lambda: spoilt(view=None), r"spoilt.pt: a checkpoint of ours, but not a whole one"),
    "a checkpoint of an unknown view": (
        lambda: spoilt(view={"normalise": "log", "resize": None, "channels": "one"}),
        r"spoilt.pt: a checkpoint of ours, but not a whole one \(ValueError: view.normalise: should be 'dataset', .*got \"log\"",
    ),
    "a checkpoint whose weights are none": (
        lambda: spoilt(runs=[{"fold": 0, "state": {"prep.mean": 1.0}}]),
        r"not a whole one \(ValueError: prep.mean is not a tensor\)",
    ),
    "no tensors": (lambda: save("none.pt", {"a": 1}), r"none.pt: neither a checkpoint of ours nor a state dict"),
    "a list": (lambda: save("list.pt", [torch.zeros(1)]), r"list.pt: holds a list, not weights by name"),
    "a pickle with code": (
        lambda: garbage(pickle.dumps(Code(), 2)),
        r"x.pt: refused: it is a pickle with code in it, \S+\.mkdir,",
    ),
    "a checkpoint with code": (
        lambda: save("code.pt", {"a": Code()}),
        r"code.pt: refused: it is a pickle with code in it, \S+\.mkdir,",
    ),
    "a newer pickle": (lambda: garbage(pickle.dumps(Code())), r"x.pt: refused: it is a pickle with code in it that"),
    "cut short": (lambda: cut_short({}, "published.pth", 0.7), r"cut.pt: not a readable file of weights, perhaps cut"),
    "cut at the beginning": (lambda: cut_short({}, "published.pth", 1e-5), r"cut.pt: not a readable file of weights"),
    "cut short, of the old kind": (lambda: cut_short({}, legacy(), 0.5), r"cut.pt: not a readable file of weights"),
    "no weights at all": (lambda: garbage(b"hello world"), r"x.pt: not a readable file of weights"),
    "nothing": (lambda: garbage(b""), r"x.pt: not a readable file of weights"),
    "no file": (lambda: {"weights": "there.pt"}, r"there.pt: there is no such file"),
}


def spoilt(**changes):
    return OURS | save("spoilt.pt", model_pt.load("ours/model.pt") | changes)


def sized():
    """A checkpoint of a network made for views of 8 frames, which flattens them."""
    p = params.component("dalsegno.models", "conv").Params(
        channels=(4, 8), dense=(6,), dropout=(0.0,), global_average=False
    )
    saved = model_pt.load("ours/model.pt")
    net = params.component("dalsegno.models", "conv").build(p, (1, 16, 8), 3)
    (run,) = saved["runs"]
    prep = {n: v for n, v in run["state"].items() if n.startswith("prep.")}
    return saved | {"runs": [run | {"state": prep | {f"net.{n}": v for n, v in net.state_dict().items()}}]}


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("fault", FAULTS)
def test_weights_that_cannot_be_used_are_refused_and_nothing_is_written(here, monkeypatch, fault):
    changes, message = FAULTS[fault]
    if fault == "what the architecture refuses":
        monkeypatch.setattr(params.component("dalsegno.models", "torchvision"), "published", refuse)
    changes = changes()
    with pytest.raises(UserError, match=message):
        tuned(**changes)
    assert left() == []
    network = {name: changes[name] for name in ("arch", "model", "weights") if name in changes}
    view = changes.get("view", TUNED["view"])["crop_s"]
    with pytest.raises(UserError, match=message):
        embedded(**{"arch": "torchvision", "model": NET, "weights": "published.pth"} | network, view={"crop_s": view})
    assert left() == [] and not Path("was_run").exists()
