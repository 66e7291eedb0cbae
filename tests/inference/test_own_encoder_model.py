"""A model on an encoder of one's own: asked again as it was trained, and only with the very file that it was trained on."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from support import small_run

from dalsegno.artefacts.learning import predictions_parquet
from dalsegno.inference import model
from dalsegno.pipeline.errors import UserError

ENCODER = """
import numpy as np
from pathlib import Path

def embed(samples, sample_rate_hz):
    samples = np.pad(samples, (0, max(0, 400 - len(samples))))
    frames = np.stack([samples[i : i + 400] for i in range(0, len(samples) - 399, 200)])
    power = np.abs(np.fft.rfft(frames)) ** 2
    level = np.log(power[:, :200].reshape(len(power), 20, 10).mean(2) + 1e-8)
    return np.concatenate([level, np.tile(level.std(0), (len(level), 1))], axis=1)
"""
OWN = {"arch": "encoder", "model": {}, "weights": "mine.py"}
PARAMS = {
    **{name: small_run.PARAMS[name] for name in ("runtime", "dataset", "splits")},
    "spectrograms": {"samples": {"kind": "waveform", "options": {"sample_rate_hz": 8000, "pool": 1}}},
    "embeddings": {"mine": {"spectrogram": "samples", **OWN, "view": {"crop_s": 0.5}}},
    "transfer": {
        "mine": {"input": "embeddings/mine", **OWN, "head": {}, "train": small_run.TRAIN | {"epochs": 40, "lr": 0.02}}
    },
}
FILE = Path("sounds/hum/3.wav")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    small_run.write_sounds(folder / "sounds")
    with pytest.MonkeyPatch.context() as here:
        here.chdir(folder)
        Path("mine.py").write_text(ENCODER)
        small_run.carry_out(PARAMS)
    return folder


@pytest.fixture
def run(folder, monkeypatch):
    monkeypatch.chdir(folder)
    Path("mine.py").write_text(ENCODER)
    return folder


def test_it_gives_the_probabilities_of_the_run_and_knows_the_classes_of_held_out_clips(run):
    asked, by_path = model.load("transfer/mine"), small_run.by_the_pipeline("runs/transfer/mine")
    assert len(by_path) == 24
    for path, row in by_path.iterrows():
        assert np.abs(asked.clip(Path("sounds", path)) - row.to_numpy(float)).max() < 1e-5
    rows = predictions_parquet.read(Path("runs/transfer/mine/predictions.parquet")).query("split == 'test'")
    called = rows[[f"p_{label}" for label in small_run.LABELS]].to_numpy().argmax(1)
    assert np.mean(np.array(small_run.LABELS)[called] == rows["label"]) >= 0.8


@pytest.mark.parametrize("change", ["print('ran')\n", "# a comment\n"])
def test_another_file_of_the_name_is_not_run(run, capsys, change):
    Path("mine.py").write_text(change + ENCODER)
    with pytest.raises(UserError, match=r"model\.pt: the model was trained on another mine\.py.*not run"):
        model.load("transfer/mine")
    assert "ran" not in capsys.readouterr().out


def test_a_model_from_elsewhere_chooses_nothing_that_lies_outside(run, tmp_path, monkeypatch):
    model_file = Path("runs/transfer/mine/model.pt").resolve()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"needs the encoder mine\.py, and there is no such file"):
        model.load(str(model_file))
    (tmp_path / "inside").mkdir()
    shutil.copy(run / "mine.py", tmp_path / "outside.py")
    monkeypatch.chdir(tmp_path / "inside")
    Path("mine.py").symlink_to("../outside.py")
    with pytest.raises(UserError, match="lies outside"):
        model.load(str(model_file))
