"""ONNX: the graph with what its JSON says before and after it gives the model's own answer."""

import errno
import importlib
import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from dalsegno.cli import main
from dalsegno.cli.listening import export
from dalsegno.inference import model, onnx_file

onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'dalsegno[onnx]'")
pytest.importorskip("onnxscript", reason="onnxscript is not installed: pip install 'dalsegno[onnx]'")
OVER = [f"transfer/{over}" for over in ("mean", "mean_std", "attention", "neighbours")]


@pytest.mark.parametrize(
    "name", ["cnn/crops", "cnn/windows", "cnn/wave", "transfer/frozen", "transfer/weighted", "transfer/tuned", *OVER]
)
def test_a_spectrogram_network(run, tmp_path, name):
    """Windows are cut here as the JSON says, without any code of ours."""
    main.main(["export", name, "--onnx", "--to", str(tmp_path / "x.onnx")])
    told, path = json.loads((tmp_path / "x.json").read_text()), Path("sounds/noise/6.wav")
    asked = model.load(name)
    store = asked.members[0].spectrogram.store(path, tmp_path)
    x = store.frames.astype(np.float32) * told["spectrogram"]["scale"] + told["spectrogram"]["offset"]
    crop, hop_s = told["crop_frames"], told["view"]["hop_s"]
    hop, last = round(hop_s * told["spectrogram"]["frame_rate_hz"]) if hop_s else crop, max(len(x) - crop, 0)
    short = [(0, max(crop - len(x), 0)), *[(0, 0)] * (x.ndim - 1)]
    x = np.pad(x, short, constant_values=told["spectrogram"]["floor"])
    windows = np.stack([x[i : i + crop] for i in sorted({*range(0, last, hop), last})])
    batch = windows.transpose(0, 3, 2, 1) if x.ndim == 3 else windows.transpose(0, 2, 1)[:, None]
    batch = batch[:, 0] if told["spectrogram"]["kind"] == "waveform" else batch
    p = onnxruntime.InferenceSession(tmp_path / "x.onnx").run(None, {"x": np.ascontiguousarray(batch)})[0]
    if told["vote"] == "majority":
        shares = np.eye(p.shape[2])[p.argmax(2)].mean(0)
        answer = ((len(p) * shares + p.mean(0)) / (len(p) + 1)).mean(0)
    else:
        answer = p.mean((0, 1))
    assert told["labels"] == asked.labels and np.allclose(answer, asked.clip(path), atol=1e-4)


def test_a_network_on_features(run, tmp_path):
    main.main(["export", "mlp/pca", "--onnx", "--to", str(tmp_path / "x.onnx")])
    told, path, asked = json.loads((tmp_path / "x.json").read_text()), Path("sounds/noise/6.wav"), model.load("mlp/pca")
    rows = asked.members[0].features.rows(path)
    p = onnxruntime.InferenceSession(tmp_path / "x.onnx").run(None, {"x": rows})[0]
    assert len(told["features"]) == rows.shape[1] and np.allclose(p.mean((0, 1)), asked.clip(path), atol=1e-4)


@pytest.mark.parametrize(
    ("arch", "settings", "shape"),
    [
        ("efficientat", {"width": 0.4}, (1, 128, 100)), ("modnet", {}, (1, 64, 129)),
        ("resnet", {"width": 8, "depth": (1, 1, 1, 1)}, (1, 64, 65)),
    ],
)  # fmt: skip
def test_an_architecture(tmp_path, arch, settings, shape):
    module = importlib.import_module(f"dalsegno.models.{arch}")
    torch.manual_seed(0)
    network = onnx_file.Together(torch.nn.Identity(), [module.build(module.Params(**settings), shape, 4).eval()]).eval()
    onnx_file._export(network, torch.zeros(2, *shape), tmp_path / "x.onnx", arch)
    assert onnx_file._compare(network, shape, tmp_path / "x.onnx") < onnx_file.CLOSE


@pytest.mark.parametrize(
    ("name", "words"),
    [("classical/svm", "no network"), ("ensembles/both", "each of its members"), ("cnn/shown", "evaluate: windows")],
)
def test_what_has_no_graph_says_so_and_leaves_nothing(run, tmp_path, name, words):
    with pytest.raises(SystemExit) as end:
        main.main(["export", name, "--onnx", "--to", str(tmp_path / "x.onnx")])
    assert words in str(end.value.code) and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("typed", "name"),
    [("cnn/conv", "cnn_conv"), ("../a b/runs/cnn/conv/model.pt", "cnn_conv"), ("/x/cnn/conv/", "cnn_conv"),
     ("mine.pt", "mine"), ("model.pt", "model"), ("..", "model")],
)  # fmt: skip
def test_the_file_is_named_after_the_model_and_never_hidden(typed, name):
    assert export._name(typed) == name


def test_a_full_disk_is_no_fault_of_the_architecture(tmp_path, monkeypatch):
    def save(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(torch.onnx, "export", lambda *_, **__: SimpleNamespace(save=save))
    with pytest.raises(OSError, match="No space left"):
        onnx_file._export(onnx_file.Together(torch.nn.Identity(), []), torch.zeros(2, 3), tmp_path / "x.onnx", "x")
