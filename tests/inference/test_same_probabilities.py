"""A stored model gives a file of its run the probabilities that the run itself gave it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from support import small_run, stored

from dalsegno.artefacts.learning import predictions_parquet
from dalsegno.inference import model
from dalsegno.scoring import ensembles
from dalsegno.scoring.per_model import reliability

CLOSE = 1e-5
SOURCE = str(Path(model.__file__).parents[2])


def differences(name, root, folder):
    asked = model.load(name)
    by_path = small_run.by_the_pipeline(folder)
    assert len(by_path) >= 18
    return [np.abs(asked.clip(Path(root, path)) - row.to_numpy(float)).max() for path, row in by_path.iterrows()]


@pytest.mark.parametrize("name", small_run.MODELS)
def test_of_every_family(run, name):
    assert max(differences(name, "sounds", f"runs/{name}")) < CLOSE


def test_of_a_twin_from_scratch(run):
    assert max(differences("transfer/tuned-scratch", "sounds", "runs/transfer/tuned/control")) < CLOSE


def test_of_pictures(of_pictures, monkeypatch):
    monkeypatch.chdir(of_pictures)
    assert max(differences("cnn/pictures", "pictures", "runs/cnn/pictures")) < CLOSE


def test_an_ensemble_answers_with_the_mean_of_its_members(run):
    path = Path("sounds/hum/3.wav")
    alone = [model.load(name).clip(path) for name in small_run.PARAMS["ensembles"]["both"]]
    assert np.allclose(model.load("ensembles/both").clip(path), np.mean(alone, axis=0), atol=1e-12)


@pytest.mark.parametrize("members", [["classical/svm", "cnn/crops"], ["classical/svm", "mlp/plain"], ["mlp/plain"]])
def test_what_answers_at_its_temperatures_is_scaled_as_the_comparison_scales_it(run, tmp_path, monkeypatch, members):
    """An ensemble has temperatures of its own; a member with one seed stands beside each seed of the others."""
    tables = {name: predictions_parquet.read(f"runs/{name}/predictions.parquet") for name in members}
    rows = ensembles.mean("both", tables)
    fitted = reliability.temperatures(rows[rows["split"] == "valid"], classes := predictions_parquet.classes(rows))
    clips = pd.read_csv("data/clips.csv", dtype=str).set_index("path")["clip_id"]
    expected = reliability.scaled(rows[rows["clip_id"] == clips["hum/3.wav"]], fitted)[[f"p_{c}" for c in classes]]
    (tmp_path / "params.yaml").write_text(yaml.safe_dump({"ensembles": {"both": members}}))
    (tmp_path / "runs").symlink_to(run / "runs")
    file = Path("sounds/hum/3.wav").resolve()
    monkeypatch.chdir(tmp_path)
    asked = model.load("ensembles/both" if len(members) > 1 else members[0], calibrated=True).clip(file)
    assert np.allclose(asked, expected.mean(), atol=CLOSE)


def test_a_stored_file_is_all_that_is_needed(run, tmp_path, monkeypatch):
    there = {name: model.load(name).clip(Path("sounds/hum/3.wav")) for name in ("transfer/published", "classical/svm")}
    shutil.copy("sounds/hum/3.wav", tmp_path / "x.wav")
    files = [stored.file(f"runs/{name}") for name in there]
    for i, file in enumerate(files):
        shutil.copy(file, tmp_path / f"{i}{file.suffix}")
    monkeypatch.chdir(tmp_path)
    for i, (p, file) in enumerate(zip(there.values(), files, strict=True)):
        assert np.allclose(model.load(f"{i}{file.suffix}").clip(Path("x.wav")), p, atol=1e-12)


def test_a_long_clip_shown_whole_is_shown_in_equal_pieces(run, monkeypatch):
    path = Path("sounds/hum/7.flac") if Path("sounds/hum/7.flac").exists() else Path("sounds/hum/7.wav")
    whole = model.load("cnn/shown").clip(path)
    monkeypatch.setattr("dalsegno.families.convolutional.shown.LONGEST", 24 * 20)
    pieces = model.load("cnn/shown").clip(path)
    assert np.isclose(pieces.sum(), 1) and not np.allclose(pieces, whole, atol=1e-6)


@pytest.mark.parametrize("name", small_run.MODELS)
def test_a_model_stores_the_temperatures_that_the_comparison_finds(run, name):
    """Scoring reads predictions alone, of whatever made them, so it fits anew what training has stored with the weights."""
    rows = predictions_parquet.read(f"runs/{name}/predictions.parquet")
    valid = rows[rows["split"] == "valid"].reset_index(drop=True)
    found = reliability.temperatures(valid, predictions_parquet.classes(rows))
    (member,) = model.load(name).members
    of_runs = zip(member.stored.runs, member.stored.temperatures, strict=True)
    stored = {(run["fold"], run["seed"]): temperature for run, temperature in of_runs}
    assert found == pytest.approx(stored, rel=1e-6)


def test_an_estimator_is_asked_without_pytorch(run):
    """Which takes half a gigabyte and seconds to import."""
    asks = "from pathlib import Path; from dalsegno.inference import model; model.load('classical/svm').clip(Path('sounds/hum/3.wav'))"
    ends = "; import sys; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", asks + ends], check=True, env=os.environ | {"PYTHONPATH": SOURCE})
