"""Reusing networks trained on other data: whose weights fit, what of them learns, and what is refused."""

import json
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import torchvision
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from support.easy_task import LABELS, accuracy, easy_splits, easy_store, stage, state
from torch import nn

from dalsegno.artefacts import features_parquet, model_pt, splits_csv
from dalsegno.families.rows import Rows
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.training import train
from dalsegno.transfer import entry, fine_tuned
from dalsegno.transfer.unfreezing import Unfreezing

CONV = {"channels": [4, 8], "dense": [6], "dropout": 0.0}
NET = {"name": "squeezenet1_1", "size": 32}
TRAIN = {"seeds": [0], "epochs": 2, "batch_size": 16, "lr": 0.01, "patience": None}
TUNED = {
    "input": "spectrograms/easy",
    "arch": "torchvision",
    "model": NET,
    "weights": "published.pth",
    "head": {},
    "view": {"crop_s": 1.6, "normalise": "minmax"},
    "augment": {},
    "unfreeze": 1,
    "body_lr": 0.5,
    "train": TRAIN,
}
PRETRAINED = {
    "spectrogram": "easy",
    "arch": "conv",
    "model": CONV,
    "view": {"crop_s": 1.6, "normalise": "bin"},
    "augment": {},
    "train": TRAIN,
}
OURS = {"arch": "conv", "model": CONV, "weights": "ours/model.pt", "view": PRETRAINED["view"]}
EMBEDDED = {"spectrogram": "easy", "arch": "conv", "model": CONV, "weights": "ours/model.pt", "view": {"crop_s": 0.8}}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A store, a published file of weights and a checkpoint of ours, made once."""
    folder = tmp_path_factory.mktemp("made")
    here = Path.cwd()
    os.chdir(folder)
    easy_store(Path("store"))
    splits_csv.write("splits.csv", easy_splits())
    torch.manual_seed(5)
    torch.save(torchvision.models.squeezenet1_1(weights=None).state_dict(), "published.pth")
    ours = PRETRAINED | {"train": TRAIN | {"epochs": 10}}
    Path("params.yaml").write_text(yaml.safe_dump({"runtime": {"device": "cpu"}, "cnn": {"ours": ours}}))
    stage("cnn")("ours", "store", "splits.csv", "ours", "ours_metrics")
    os.chdir(here)
    return folder


@pytest.fixture
def here(made, tmp_path, monkeypatch):
    """A folder of its own from which what is made can be reached by the names in params.yaml."""
    monkeypatch.chdir(tmp_path)
    for name in ("store", "splits.csv", "published.pth", "ours"):
        Path(name).symlink_to(made / name)
    return tmp_path


def write_params(**families):
    Path("params.yaml").write_text(yaml.safe_dump({"runtime": {"device": "cpu"}, **families}))


def tuned(**changes):
    """Run the stage `transfer` on an entry as TUNED, but for `changes`; the folder of the run."""
    entry = TUNED | changes
    write_params(transfer={"x": entry})
    stage("transfer")("x", "store", entry["weights"], "splits.csv", "run", "metrics")
    return Path("run")


def embedded(**changes):
    entry = EMBEDDED | changes
    write_params(embeddings={"x": entry})
    stage("embeddings")("x", "store", entry["weights"], "e")
    return pd.read_parquet("e/embeddings.parquet")


def left():
    return sorted(p.name for p in Path().iterdir() if p.name.startswith(("run", "metrics", "e", ".")))


# Weights that others have published


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
    from dalsegno.families.crops import Crops
    from dalsegno.families.view import View
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
    with pytest.raises(UserError, match=r"wants view.resize: None, but params.yaml has \[9, 9\]"):
        embedded(view={"crop_s": 0.8, "resize": [9, 9]})
    assert left() == []


# Weights that do not fit


def save(path, value):
    torch.save(value, path)
    return {"weights": path}


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
    "another frame rate": (
        other_sample_rate,
        r"another kind of spectrogram \(frame_rate_hz: 43.0 there, 10.0 here\)",
    ),
    "what the architecture refuses": (lambda: {}, r"published.pth: trained at 32000 Hz"),
    "an architecture without published weights": (
        lambda: OURS | {"weights": "published.pth"},
        r"published.pth: not a checkpoint of ours, and conv takes no others; its first tensors are features.0.weight",
    ),
    "half a checkpoint": (
        lambda: OURS | save("half.pt", {"arch": "conv", "runs": []}),
        r"half.pt: not a checkpoint of a network on spectrograms; it lacks labels, view, spectrogram",
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


def sized():
    """A checkpoint of a network made for views of 8 frames, which flattens them."""
    p = params.component("dalsegno.models", "conv").Params(**CONV | {"global_average": False, "dropout": (0.0,)})
    saved = model_pt.load("ours/model.pt")
    net = params.component("dalsegno.models", "conv").build(p, (1, 16, 8), 3)
    old = saved["runs"][0]["state"]
    new = {n: v for n, v in old.items() if n.startswith("prep.")} | {f"net.{n}": v for n, v in net.state_dict().items()}
    return saved | {"runs": [{"fold": 0, "seed": 0, "state": new}]}


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


def refuse(p, weights, meta):
    raise ValueError("trained at 32000 Hz")


def test_a_folder_may_hold_more_than_weights_that_the_architecture_compares(here, monkeypatch):
    Path("folder").mkdir()
    Path("folder/pytorch_model.bin").write_bytes(Path("published.pth").read_bytes())
    assert len(embedded(arch="torchvision", model=NET, weights="folder", view={"crop_s": 1.6}))
    monkeypatch.setattr(params.component("dalsegno.models", "torchvision"), "check_folder", refuse, raising=False)
    with pytest.raises(UserError, match=r"embeddings\.x: folder: trained at 32000 Hz"):
        embedded(arch="torchvision", model=NET, weights="folder", view={"crop_s": 1.6})


def test_more_blocks_than_there_are_cannot_learn(here):
    with pytest.raises(UserError, match=r"transfer.x: unfreeze is 11, but torchvision has 10 blocks"):
        tuned(unfreeze=11)
    with pytest.raises(
        UserError, match=r"the last of 2 blocks would begin to learn after epoch 2, but train.epochs is 2"
    ):
        tuned(unfreeze=2, unfreeze_every=1)
    assert left() == []


@pytest.mark.parametrize("n_labels", [2, 3])
def test_a_probed_head_starts_as_a_logistic_regression_on_frozen_embeddings(here, n_labels):
    splits = easy_splits()
    splits = splits[splits["label"].isin(["", *LABELS[:n_labels]])]
    p, problems = params.parse("transfer.x", TUNED | OURS | {"probe": 0.1}, entry.Params)
    assert problems == []
    job = fine_tuned.prepare(p, "store", splits, torch.device("cpu")).job
    labels = splits[splits["fold0"] == "train"].set_index("clip_id")["label"]
    model = job.build(0, list(labels.index)).model.eval()
    with torch.no_grad():
        x, owners = zip(*job.source.evaluation(list(labels.index), 256), strict=True)
        e, p = model.net.body(model.prep(torch.cat(x))).numpy(), model(torch.cat(x)).softmax(1).numpy()
    fitted = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    wanted = fitted.fit(e, labels[np.concatenate(owners)]).predict_proba(e)
    np.testing.assert_allclose(p, wanted, atol=2e-3)
    assert wanted.max(1).mean() > 1.2 / n_labels  # it says something


def test_a_twin_that_fails_takes_the_whole_run_with_it(here, monkeypatch):
    monkeypatch.setattr(fine_tuned, "from_scratch", lambda p, model: refuse(p, model, None))
    with pytest.raises(ValueError, match="32000"):
        tuned(control=TRAIN)
    assert left() == []


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


# What learns, and how fast


class Net(nn.Module):
    """Three blocks with batch normalisation, and a head."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(*(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)) for _ in range(3)))
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.body(x))


def unfreezing(n_free, every=None, keep_statistics=False):
    torch.manual_seed(0)
    return Unfreezing(nn.Identity(), Net(), n_free, every, keep_statistics)


class Data:
    def __iter__(self):
        x = torch.randn(16, 4, generator=torch.Generator().manual_seed(1))
        yield x, nn.functional.one_hot((x[:, 0] > 0).long(), 2).float()

    def __len__(self):
        return 1


def learnt(model, epochs):
    """Which parts of the model training changed, epoch by epoch: the blocks' weights, then their running means."""
    seen = []

    def look(model):
        body = model.net.body
        seen.append([[t.detach().clone() for t in (b[0].weight, b[1].running_mean)] for b in body])
        return {"val_loss": -float(len(seen))}

    start = [[t.detach().clone() for t in (b[0].weight, b[1].running_mean)] for b in model.net.body]
    p = train.Params(epochs=epochs, lr=0.01, schedule="constant")
    train.fit(model, Data(), look, p, groups=model.groups(0.01, 1.0, 1.0))
    return [
        [[not torch.equal(a, b) for a, b in zip(*pair, strict=True)] for pair in zip(before, after, strict=True)]
        for before, after in zip([start, *seen], seen, strict=False)
    ]


def test_frozen_blocks_change_neither_weights_nor_statistics():
    assert learnt(unfreezing(1), 1) == [[[False, False], [False, False], [True, True]]]
    assert learnt(unfreezing(0), 1) == [[[False, False]] * 3]


def test_blocks_are_freed_one_by_one_from_the_top():
    changed = learnt(unfreezing(2, every=2), 6)
    assert [[weights for weights, _ in epoch] for epoch in changed] == [
        *[[False, False, False]] * 2,
        *[[False, False, True]] * 2,
        *[[False, True, True]] * 2,
    ]


def test_patience_does_not_end_training_before_the_last_block_learns():
    model, scores = unfreezing(2, every=3), iter([1.0] + [2.0] * 20)
    p = train.Params(epochs=20, lr=0.01, schedule="constant", patience=2)
    fitted = train.fit(model, Data(), lambda model: {"val_loss": next(scores)}, p, groups=model.groups(0.01, 1.0, 1.0))
    assert fitted.epochs == 2 * 3 + 2 + 1  # the last block joins in epoch 6 and has two more to help in
    assert fitted.best["epoch"] == 0


def test_statistics_of_batch_norm_can_be_kept_while_weights_learn():
    assert learnt(unfreezing(2, keep_statistics=True), 1) == [[[False, False], [True, False], [True, False]]]


def test_each_block_learns_slower_than_the_one_above_it():
    model = unfreezing(2)
    head, upper, lower = model.groups(0.1, 0.5, 0.2)
    assert [g["lr"] for g in (head, upper, lower)] == pytest.approx([0.1, 0.05, 0.01])
    assert upper["params"] == list(model.net.body[2].parameters())
    assert lower["params"] == list(model.net.body[1].parameters())


def test_a_head_is_linear_or_has_layers_and_drops_out():
    linear = entry.Head(dropout=0.5).build(6, 3)
    assert [type(layer) for layer in linear] == [nn.Dropout, nn.Linear] and linear[0].p == 0.5
    deep = entry.Head(widths=(512, 256, 128, 64), dropout=0.2).build(6, 3)
    assert [m.in_features for m in deep if isinstance(m, nn.Linear)] == [6, 512, 256, 128, 64]
    assert [m.p for m in deep if isinstance(m, nn.Dropout)] == [0.2] * 4


def test_a_parameter_that_is_missing_or_of_no_use_is_named():
    def problems(**changes):
        raw = {k: v for k, v in (TUNED | changes).items() if v != "gone"}
        return params.parse("transfer.x", raw, entry.Params)[1]

    assert problems() == [] and problems(unfreeze="all", unfreeze_every=2, body_lr_decay=0.4, batch_norm="frozen") == []
    assert problems(model="gone", body_lr="gone") == ["transfer.x.model: is missing", "transfer.x.body_lr: is missing"]
    frozen = problems(input="embeddings/x", dropout=0.5, train=TRAIN | {"epochs": 0})
    assert frozen[0] == "transfer.x: view, augment, unfreeze, body_lr: of no use where input is 'embeddings/x'"
    assert frozen[1:] == [
        "transfer.x.train.epochs: should be greater than or equal to 1, got 0",
        "transfer.x.dropout: there is no such parameter",
    ]
    assert problems(input="features") == [
        "transfer.x: input is 'features'; it must begin with embeddings/ or spectrograms/"
    ]
    assert "must begin with embeddings/" in problems(input="gone")[0]
    assert problems(probe=0.1) == [] and problems(probe=0.1, head={"widths": [8]})[0].endswith("leave one of them out")
    assert problems(body_lr_decay=1.5) and problems(unfreeze_every=0)
    assert problems(control=TRAIN) == [] and problems(control=True)[0].startswith(
        "transfer.x.control: should be an object"
    )
    assert "control.seeds is [1], but train.seeds is [0]" in problems(control=TRAIN | {"seeds": [1]})[0]


# Heads on frozen embeddings


HEAD = {
    "input": "embeddings/x",
    "arch": "conv",
    "weights": "ours/model.pt",
    "head": {},
    "train": TRAIN | {"epochs": 20},
}


def headed(**changes):
    write_params(transfer={"x": HEAD | changes})
    stage("transfer")("x", "e", "ours/model.pt", "splits.csv", "run", "metrics")
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


def test_augmented_views_are_there_to_train_on_only(here):
    plain = embedded()
    both = embedded(views=2, augment={"time_masks": 1, "time_mask_share": 0.2, "gain_db": 3.0})
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
