"""Spectrograms by PyTorch, as on a GPU, are those of the CPU. Here PyTorch computes on the CPU as well."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from dalsegno.artefacts import spectrogram_store
from dalsegno.pipeline.runtime import Runtime
from dalsegno.sound import cleaning, on_device, spectrum, storing
from dalsegno.spectrograms import logmel, stft
from dalsegno.synth import corpus

RATE_HZ = 22050
CPU = torch.device("cpu")
MUSIC = corpus.Styles(make="styles", styles=3, artists=1, clips_per_artist=1, duration_s=4.0, unlabelled=0)
KINDS = [
    (logmel, logmel.Params()),
    (logmel, logmel.Params(n_mels=40, f_min_hz=50.0, f_max_hz=8000.0, win_length=800, top_db=60.0, dtype="float16")),
    (stft, stft.Params()),
    (stft, stft.Params(n_fft=512, hop_length=128, window="hamming", max_bins=200, dtype="float16")),
]  # fmt: skip


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """Three pieces of music, silence, a click, and a sound shorter than a frame."""
    folder = tmp_path_factory.mktemp("sounds")
    pieces = [corpus.sound_of(take, MUSIC) for take in corpus._takes(MUSIC)]
    scraps = [np.zeros(RATE_HZ), np.eye(1, RATE_HZ)[0], np.sin(np.arange(300) / 9)]
    for i, x in enumerate([*pieces, *scraps]):
        soundfile.write(folder / f"{i}.wav", x, RATE_HZ)
    return sorted(folder.glob("*.wav"))


def on_the_cpu(path, p, a):
    """The levels before they are rounded, from the code that has no PyTorch."""
    powers = [
        spectrum.power(x)[:, : a.n_bins]
        for x in spectrum.transforms(cleaning.recording(path, p), a.weights, p.hop_length)
    ]
    power = np.concatenate(powers if a.filters is None else [p.mel(x) for x in powers])
    return 10 * np.log10(np.maximum(power, 1e-10))


@pytest.mark.parametrize(("kind", "p"), KINDS)
def test_levels_are_those_of_the_cpu(sounds, kind, p, monkeypatch):
    monkeypatch.setattr(on_device, "FRAMES", 50)  # several spans
    a, apart = kind.analysis(p), []
    for path in sounds:
        ours = on_the_cpu(path, p, a)
        theirs = torch.cat(list(on_device.levels(cleaning.recording(path, p), p, a, CPU))).numpy()
        assert theirs.shape == ours.shape and theirs.dtype == np.float32
        apart.append(np.abs(ours - theirs)[ours > ours.max() - p.top_db])
    apart = np.concatenate(apart)
    assert len(apart) > 10_000 and np.median(apart) < 1e-3 and apart.max() < 0.05


@pytest.mark.parametrize(("kind", "p"), KINDS)
@pytest.mark.parametrize("reference", ["clip", "full_scale"])
def test_what_is_stored_differs_by_a_step_at_most(sounds, kind, p, reference):
    p = kind.Params(**{**vars(p), "reference": reference})
    step = 1 if p.dtype == "uint8" else 1 / 16
    for path in sounds:
        ours = np.concatenate(list(kind.blocks(path, p)))
        theirs = np.concatenate(list(on_device.blocks(cleaning.recording(path, p), p, kind.analysis(p), CPU)))
        assert theirs.dtype == ours.dtype and theirs.shape == ours.shape
        assert np.abs(ours.astype(float) - theirs).max() <= step and np.mean(ours != theirs) < 0.01


def test_a_store_says_where_it_was_computed(sounds, tmp_path, monkeypatch):
    clips = pd.DataFrame({"clip_id": [path.stem for path in sounds], "path": [path.name for path in sounds]})
    p, r = storing.Params(kind="logmel", options=logmel.Params()), Runtime(workers=2, device="cpu")
    storing.write(tmp_path / "cpu", sounds[0].parent, clips, p, r, "test")
    monkeypatch.setattr(Runtime, "gpu", lambda r: CPU)
    storing.write(tmp_path / "gpu", sounds[0].parent, clips, p, r, "test")
    ours, theirs = (spectrogram_store.open(tmp_path / name) for name in ("cpu", "gpu"))
    assert ours.index.equals(theirs.index) and ours.meta == theirs.meta and "computed_on" not in ours.meta
    assert np.mean(np.array(ours.frames) != np.array(theirs.frames)) < 0.001
    assert json.loads((tmp_path / "gpu/meta.json").read_text())["computed_on"] == "cpu"


def test_no_gpu_is_sought_where_none_may_be_used(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr("dalsegno.pipeline.runtime.DRIVERS", ("/",))
    assert Runtime(device="auto").gpu() == Runtime(device="cuda").gpu() == torch.device("cuda")
    assert Runtime(device="cpu").gpu() is None and Runtime(backend="ray").gpu() is None
    monkeypatch.setattr("dalsegno.pipeline.runtime.DRIVERS", ("/no/driver",))
    assert Runtime(device="auto").gpu() is None


def test_a_machine_without_a_gpu_never_waits_for_pytorch(sounds, tmp_path):
    code = (
        "import sys, pandas as pd\nfrom dalsegno.pipeline import runtime\nfrom dalsegno.sound import storing\n"
        "from dalsegno.spectrograms import logmel\nruntime.DRIVERS = ()\n"
        "clips = pd.DataFrame({'clip_id': ['0'], 'path': ['0.wav']})\n"
        "p = storing.Params(kind='logmel', options=logmel.Params())\n"
        f"storing.write({str(tmp_path / 'store')!r}, {str(sounds[0].parent)!r}, clips, p, runtime.Runtime(), 'test')\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
    assert Path(tmp_path, "store/frames.npy").is_file()
