"""Odd names, pipes, options and stored models: each ends in a plain message, none in a traceback or in waiting for ever."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from support import stored

from dalsegno.cli import main

FILE = "sounds/hum/1.flac"
UNREAD = 3


def refusal(*words):
    with pytest.raises(SystemExit) as end:
        main.main(list(map(str, words)))
    return str(end.value.code)


def misused(capsys, *words):
    assert refusal(*words) == "2"
    return capsys.readouterr().err


def printed(*words, code=0, encoding="utf-8"):
    """What a process of its own prints, whose terminal knows `encoding`."""
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    line = [sys.executable, "-c", "from dalsegno.cli.main import main; main()", *words]
    done = subprocess.run(line, env=environment, capture_output=True, check=False, timeout=100)
    assert done.returncode == code, done.stderr.decode()
    return done.stdout


def test_a_pipe_is_named_and_not_waited_for(run, capsys, tmp_path):
    shutil.copytree("sounds", tmp_path / "sounds")
    os.mkfifo(tmp_path / "sounds/hum/pipe.wav")
    assert "pipe.wav: no file" in refusal("explain", "cnn/crops", tmp_path / "sounds/hum/pipe.wav")
    main.main(["evaluate", "classical/svm", str(tmp_path / "sounds"), "--json"])
    scores = json.loads(capsys.readouterr().out)
    assert scores["clips"] == 24 and [Path(entry["path"]).name for entry in scores["unread"]] == ["pipe.wav"]


def test_names_stay_in_their_line_and_never_stop_the_rest(run, tmp_path):
    for name in (b"new\nline.flac", b"red\x1b[31m.flac", b"no\xffutf8.flac", "größe.flac".encode()):
        shutil.copy(FILE, os.fsencode(tmp_path) + b"/" + name)
    names = ["größe.flac", r"new\nline.flac", r"red\x1b[31m.flac"]
    lines = printed("predict", "classical/svm", str(tmp_path), code=UNREAD).decode().splitlines()
    assert [line.split("  ")[0] for line in lines] == [f"{tmp_path}/{name}" for name in names]
    lines = (
        printed("predict", "classical/svm", str(tmp_path), code=UNREAD, encoding="ascii").decode("ascii").splitlines()
    )
    assert lines[0].startswith(rf"{tmp_path}/gr\xf6\xdfe.flac  ")
    document = json.loads(printed("predict", "classical/svm", str(tmp_path), "--format", "json", code=UNREAD))
    found = {os.fsencode(entry["path"]): entry.get("error", "") for entry in document}
    assert len(found) == 4 and "no UTF-8" in found[os.fsencode(tmp_path) + b"/no\xffutf8.flac"]


def test_a_name_beyond_what_the_system_takes_is_one_unread_file(run, capsys):
    assert refusal("predict", "classical/svm", "a" * 300 + ".wav", FILE) == str(UNREAD)
    said = capsys.readouterr()
    assert "too long" in said.err and FILE in said.out


def test_options_are_refused_in_the_words_of_the_user(run, capsys):
    assert "'x' is no number of classes" in misused(capsys, "predict", "classical/svm", FILE, "--top", "x")
    assert "'x' is no probability" in misused(capsys, "predict", "classical/svm", FILE, "--threshold", "x")
    swallowed = misused(capsys, "predict", "classical/svm", "--timeline", FILE).replace("\n", " ")
    assert "is no number of seconds" in swallowed and "behind the files" in swallowed
    assert "'a' is given two names" in misused(capsys, "evaluate", "classical/svm", ".", "--labels", "a=hum,a=noise")


def test_where_nothing_can_be_written_there_is_a_message(run, tmp_path):
    assert refusal("explain", "classical/svm", FILE, "--to", tmp_path) == f"dalsegno: {tmp_path}: Is a directory"
    (tmp_path / "file").touch()
    assert f"{tmp_path / 'file'}: " in refusal("explain", "classical/svm", FILE, "--to", tmp_path / "file/x.png")


def test_a_process_ends_in_order_although_it_unloads_nothing(run):
    """Threads are waited for, and what is registered for the end runs, before the exit code."""
    late = "threading.Thread(target=lambda: (time.sleep(9), print('thread'))).start(); atexit.register(print, 'registered')"
    code = f"import atexit, threading, time; {late}; from dalsegno.cli.main import main; main()"
    line = [sys.executable, "-c", code, "predict", "cnn/crops", FILE, "nowhere.wav"]
    ended = subprocess.run(line, capture_output=True, text=True, check=False, timeout=100)
    assert ended.returncode == UNREAD and ended.stderr == "dalsegno: nowhere.wav: there is no such file\n"
    assert ended.stdout.startswith(FILE) and ended.stdout.endswith("\nthread\nregistered\n")


def test_an_interrupted_command_ends_without_a_traceback(run, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("dalsegno.inference.model.load", interrupt)
    assert refusal("predict", "classical/svm", FILE) == "130"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("cnn/crops", lambda saved: saved.update(arch=None)),
        ("cnn/crops", lambda saved: saved["runs"][0].pop("input_shape")),
        ("cnn/crops", lambda saved: saved["runs"][1].update(state=None)),
        ("mlp/pca", lambda saved: saved["runs"][0]["state"].pop("prep.1.axes")),
        ("transfer/frozen", lambda saved: saved["backbone"].pop("model")),
    ],
)  # fmt: skip
def test_a_network_that_lacks_a_part_is_refused(run, tmp_path, name, change):
    assert "but not a whole one" in refusal("predict", _changed(name, change, tmp_path), FILE)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("classical/svm", lambda saved: saved["runs"][0]["state"].pop("coef")),
        ("classical/svm", lambda saved: saved["runs"][0].update(kind="gone")),
        ("classical/svm", lambda saved: saved["labels"].pop()),
        ("cnn/crops", lambda saved: saved["spectrogram"].pop("floor")),
    ],
)  # fmt: skip
def test_a_part_that_is_missed_only_when_asked_is_said_as_well(run, capsys, tmp_path, name, change):
    assert refusal("predict", _changed(name, change, tmp_path), FILE) == str(UNREAD)
    assert "but not a whole one" in capsys.readouterr().err


def _changed(name, change, folder):
    path = stored.file(f"runs/{name}")
    saved = stored.load(path.parent)
    change(saved)
    stored.module(path).save(folder / path.name, saved)
    return folder / path.name


@pytest.mark.parametrize("grows", [True, False])
@pytest.mark.parametrize("name", ["cnn/crops", "classical/svm"])
def test_a_file_that_changes_while_it_is_read_gets_an_answer_or_a_message(
    run, capsys, tmp_path, monkeypatch, name, grows
):
    file = tmp_path / "changing.wav"
    sf.write(file, np.random.default_rng(0).normal(0, 0.1, 600_000), 8000)
    read, n_reads = sf.SoundFile.read, []

    def changing(self, *settings, **options):
        n_reads.append(1)
        if len(n_reads) == 2:
            with file.open("r+b") as f:
                f.truncate(file.stat().st_size + 100_000 if grows else 50_000)
        return read(self, *settings, **options)

    monkeypatch.setattr(sf.SoundFile, "read", changing)
    try:
        main.main(["predict", name, str(file)])
    except SystemExit as end:
        assert end.code == UNREAD
    said = capsys.readouterr()
    assert len(n_reads) > 1 and str(file) in said.out + said.err


def test_an_answer_that_is_no_number_is_a_message(run, capsys, tmp_path):
    nan = _changed("mlp/plain", lambda saved: saved["runs"][0]["state"]["prep.mean"].fill_(float("nan")), tmp_path)
    assert refusal("predict", nan, FILE) == str(UNREAD)
    assert "answer is no number" in capsys.readouterr().err


def test_an_empty_file_is_said_to_be_empty(run, capsys, tmp_path):
    (tmp_path / "x.mp3").touch()
    assert refusal("predict", "classical/svm", tmp_path / "x.mp3") == str(UNREAD)
    assert "it is empty, not one byte" in capsys.readouterr().err
