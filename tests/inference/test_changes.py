"""A file that changes while it is read gets a message and no answer, which may be about parts of two files."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from support.commands import ended

from dalsegno.cli import main
from dalsegno.inference.hearing.changes import CHANGED

UNREAD, RATE_HZ = 3, 8000
CHANGES = {
    "grows": lambda file: file.write_bytes(file.read_bytes() + bytes(100_000)),
    "shrinks": lambda file: file.write_bytes(file.read_bytes()[:50_000]),
    "goes": Path.unlink,
    "becomes text": lambda file: file.write_text("no sound"),
}


@pytest.fixture
def changing(tmp_path, monkeypatch):
    """A function that makes a file of sound, and changes it in a way of CHANGES at the second read of a sound."""
    read, n_reads = sf.SoundFile.read, []

    def made(how, suffix="wav"):
        file = tmp_path / f"changing.{suffix}"
        sf.write(file, np.random.default_rng(0).normal(0, 0.1, 200_000), RATE_HZ)

        def reading(self, *settings, **options):
            n_reads.append(1)
            if len(n_reads) == 2:
                CHANGES[how](file)
            return read(self, *settings, **options)

        monkeypatch.setattr(sf.SoundFile, "read", reading)
        return file

    return made


@pytest.mark.parametrize("how", CHANGES)
@pytest.mark.parametrize("name", ["cnn/crops", "classical/svm"])
def test_predict_refuses_it_and_goes_on(run, capsys, changing, how, name):
    file = changing(how)
    assert ended("predict", name, file, "sounds/hum/1.flac", "--format", "json") == UNREAD
    first, second = json.loads(capsys.readouterr().out)
    assert first == {"path": str(file), "error": CHANGED} and second["label"]


@pytest.mark.parametrize("suffix", ["flac", "mp3"])
def test_of_other_formats_as_well(run, capsys, changing, suffix):
    file = changing("shrinks", suffix)
    assert ended("predict", "classical/svm", file) == UNREAD
    assert capsys.readouterr().err == f"dalsegno: {file}: {CHANGED}\n"


def test_a_timeline_ends_with_it(run, capsys, changing):
    file = changing("grows")
    assert ended("predict", "classical/svm", file, "--timeline", "5", "--format", "json") == UNREAD
    assert json.loads(capsys.readouterr().out)[-1] == {"path": str(file), "error": CHANGED}


def test_explain_draws_nothing(run, changing, tmp_path):
    file = changing("shrinks")
    assert ended("explain", "classical/svm", file, "--to", tmp_path / "x.png") == f"dalsegno: {file}: {CHANGED}"
    assert not (tmp_path / "x.png").exists()


def test_evaluate_does_not_score_it(run, capsys, changing, tmp_path):
    shutil.copytree("sounds", tmp_path / "all")
    shutil.copy("sounds/hum/1.flac", tmp_path / "all/hum/0a.flac")
    file = changing("becomes text")
    shutil.move(file, tmp_path / "all/hum/0.wav")
    file.symlink_to(tmp_path / "all/hum/0.wav")
    main.main(["evaluate", "classical/svm", str(tmp_path / "all"), "--json"])
    scores = json.loads(capsys.readouterr().out)
    assert [(Path(entry["path"]).name, entry["fault"]) for entry in scores["unread"]] == [("0.wav", CHANGED)]
