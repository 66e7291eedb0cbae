"""What a model file states of sizes is looked at before it costs memory: far too much is refused in a line."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from support import stored
from support.commands import refusal

from dalsegno.inference.stored import model_file

FILE = "sounds/hum/1.flac"
GIB = 1 << 30


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("cnn/crops", lambda s: s["spectrogram"]["options"].update(n_fft=10**9), "n_fft: should be less than"),
        ("cnn/crops", lambda s: s["spectrogram"]["options"].update(n_mels=10**9), "n_mels: should be less than"),
        ("cnn/windows", lambda s: s["spectrogram"]["options"].update(n_fft=10**9), "n_fft: should be less than"),
        ("cnn/wave", lambda s: s["spectrogram"]["options"].update(sample_rate_hz=10**9), "sample_rate_hz: should be"),
        ("cnn/crops", lambda s: s["spectrogram"].update(bins=10**9), "an input of 1,000,000,000 numbers"),
        ("cnn/crops", lambda s: s["runs"][0].update(input_shape=[24, 10**9]), "an input of 24,000,000,000 numbers"),
        ("cnn/crops", lambda s: s["model"].update(channels=[4, 10**8]), "far more weights than the file can hold"),
        ("mlp/plain", lambda s: s["model"].update(widths=[10**8]), "far more weights than the file can hold"),
        ("classical/svm", lambda s: s["settings"].update(n_fft=10**9), "n_fft: should be less than"),
        ("classical/svm", lambda s: s["settings"].update(n_mels=10**9), "n_mels: should be less than"),
        ("classical/svm", lambda s: s["settings"].update(segments=10**9), "segments: should be less than"),
    ],
)  # fmt: skip
def test_sizes_beyond_reason_are_refused(run, tmp_path, name, change, words):
    assert words in refusal("predict", stored.changed(f"runs/{name}", change, tmp_path), FILE)


@pytest.mark.parametrize("name", ["cnn/crops", "classical/svm"])
def test_a_compressed_file_that_would_grow_is_refused_before_it_is_unpacked(run, tmp_path, monkeypatch, name):
    source = stored.file(f"runs/{name}")
    bomb = tmp_path / source.name
    with zipfile.ZipFile(source) as honest, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as swollen:
        for entry in honest.namelist():
            swollen.writestr(entry, honest.read(entry))
        swollen.writestr("swollen", bytes(50_000_000))
    monkeypatch.setattr(model_file, "_reader", None)  # nothing is to be read
    assert "refused: what it holds would be 5" in refusal("predict", bomb, FILE) and bomb.stat().st_size < 1e6


def test_an_array_that_is_not_there_costs_nothing(run, tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (8 * GIB,)})
    with zipfile.ZipFile("runs/classical/svm/model.npz") as whole, zipfile.ZipFile(tmp_path / "x.npz", "w") as hollow:
        for entry in whole.namelist():
            hollow.writestr(entry, header.getvalue() if entry == "0.npy" else whole.read(entry))
    assert "not a readable model" in refusal("predict", tmp_path / "x.npz", FILE)


def spread(saved):
    """A tensor that names one number 10**11 times."""
    saved["runs"][0]["state"]["net.more"] = torch.zeros(1).expand(10**5, 10**6)


def nested(saved):
    """A list of which the inmost is meant 10**12 times."""
    widths = [1]
    for _ in range(12):
        widths = [widths] * 10
    saved["model"]["channels"] = widths


@pytest.mark.parametrize("change", [spread, nested, lambda saved: saved.update(runs=saved["runs"] * 10**5)])
def test_what_repeats_itself_is_refused(run, tmp_path, change):
    assert "refused: it repeats so much" in refusal("predict", stored.changed("runs/cnn/crops", change, tmp_path), FILE)


def test_the_models_of_a_run_pass(run):
    assert all(model_file.read(path).labels for path in Path("runs").glob("*/*/model.*"))
