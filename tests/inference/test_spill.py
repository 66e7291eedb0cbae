"""A full folder of temporary files is told as what it is, and no part of a long sound is lost or written twice."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from dalsegno.artefacts import spectrogram_store
from dalsegno.cli import main
from dalsegno.inference import model, timeline
from dalsegno.inference.hearing import spill
from dalsegno.pipeline.errors import UserError
from dalsegno.sound import audio

FULL = ", the folder for temporary files: No space left on device. Make room, or set TMPDIR to another folder"


@pytest.fixture
def full(monkeypatch, tmp_path):
    """A disk without room for temporary files: to write there fails, and to read does not."""
    monkeypatch.setattr(spill.tempfile, "tempdir", str(tmp_path))
    opened = Path.open

    def fails(path, mode="r", *settings, **options):
        if "w" in mode and tmp_path in path.parents:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return opened(path, mode, *settings, **options)

    monkeypatch.setattr(Path, "open", fails)
    return f"{tmp_path}{FULL}"


@pytest.mark.parametrize("words", [["predict", "--timeline=1"], ["explain"]])
def test_of_a_part_of_a_sound(run, capsys, full, words):
    with pytest.raises(SystemExit) as end:
        main.main([*words, "classical/svm", "sounds/hum/1.flac"])
    assert full in f"{capsys.readouterr().err}{end.value.code}"


def test_of_a_long_spectrogram(run, capsys, full, monkeypatch):
    monkeypatch.setattr(spectrogram_store, "HELD_BYTES", 0)
    with pytest.raises(SystemExit):
        main.main(["predict", "cnn/crops", "sounds/hum/1.flac"])
    assert capsys.readouterr().err.strip() == f"dalsegno: sounds/hum/1.flac: {full}"


def test_a_machine_without_any_room_is_told_as_such(monkeypatch, tmp_path):
    """Python tries each folder for temporary files with a few letters, and calls none of them usable."""
    monkeypatch.setattr(spill.tempfile, "tempdir", None)
    monkeypatch.setattr(spill.tempfile, "_candidate_tempdir_list", lambda: [str(tmp_path / "not there")])
    with pytest.raises(UserError, match=r"No usable temporary directory .*\. Make room, or set TMPDIR"), spill.folder():
        pass


def test_other_errors_are_those_of_the_file():
    with pytest.raises(PermissionError), spill.folder():
        raise PermissionError


@pytest.mark.parametrize("every_s", [0.001, 0.3, 0.5, 1.0, 1.7, 2.0, 9.0])
def test_parts_are_the_whole_wherever_blocks_end(monkeypatch, every_s):
    x = np.arange(2000, dtype=np.float32)
    monkeypatch.setattr(audio, "mono", lambda _: ((block, 1000) for block in np.split(x, [1, 500, 1200, 1999])))
    parts = [samples for samples, _ in timeline.cut(Path("x"), every_s)]
    n = round(every_s * 1000)
    assert np.array_equal(np.concatenate(parts), x) and [len(part) for part in parts[:-1]] == [n] * (len(parts) - 1)
    assert 0 < len(parts[-1]) <= n


def test_times_are_those_of_the_samples_at_rates_that_do_not_divide(run, tmp_path):
    """A part has a whole number of samples: 551 of 551.25, so that parts begin a little earlier each time."""
    sf.write(tmp_path / "x.wav", np.random.default_rng(0).normal(0, 0.1, 1200), 11025)
    parts = timeline.parts(model.load("classical/svm"), tmp_path / "x.wav", 0.05)
    samples, times = zip(*((len(sf.read(file)[0]), at) for file, at in parts), strict=True)
    assert samples == (551, 551, 98)
    assert np.allclose(times, np.array([(0, 551), (551, 1102), (1102, 1200)]) / 11025)
