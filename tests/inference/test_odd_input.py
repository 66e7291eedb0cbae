"""Odd names, pipes, options and stored models: each ends in a plain message, none in a traceback or in waiting for ever."""

import csv
import io
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
from support.commands import ended, refusal

from dalsegno.cli import main

FILE = "sounds/hum/1.flac"
UNREAD = 3


def misused(capsys, *words):
    assert ended(*words) == 2
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
    assert "pipe.wav: a pipe, socket or device, not a file" in refusal(
        "explain", "cnn/crops", tmp_path / "sounds/hum/pipe.wav"
    )
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
    assert len(found) == 4 and "not UTF-8" in found[os.fsencode(tmp_path) + b"/no\xffutf8.flac"]


def test_a_name_beyond_what_the_system_takes_is_one_unread_file(run, capsys):
    assert ended("predict", "classical/svm", "a" * 300 + ".wav", FILE) == UNREAD
    said = capsys.readouterr()
    assert "too long" in said.err and FILE in said.out


def test_options_are_refused_in_the_words_of_the_user(run, capsys):
    assert "'x' is not a number of classes" in misused(capsys, "predict", "classical/svm", FILE, "--top", "x")
    assert "'x' is not a probability" in misused(capsys, "predict", "classical/svm", FILE, "--threshold", "x")
    swallowed = misused(capsys, "predict", "classical/svm", "--timeline", FILE).replace("\n", " ")
    assert "is not a number of seconds" in swallowed and "after the files" in swallowed
    assert "expected 0.1 to 86,400" in misused(capsys, "predict", "classical/svm", FILE, "--timeline", "1e308")
    assert "'a' is given two names" in misused(capsys, "evaluate", "classical/svm", ".", "--labels", "a=hum,a=noise")


def test_where_nothing_can_be_written_there_is_a_message(run, tmp_path):
    assert refusal("explain", "classical/svm", FILE, "--to", tmp_path) == f"dalsegno: {tmp_path}: Is a directory"
    (tmp_path / "file").touch()
    assert f"{tmp_path / 'file'}: " in refusal("explain", "classical/svm", FILE, "--to", tmp_path / "file/x.png")


def test_a_message_names_what_was_to_be_written_and_not_its_draft(run, tmp_path):
    long = tmp_path / ("x" * 250)
    assert refusal("explain", "classical/svm", FILE, "--to", long) == f"dalsegno: {long}: File name too long"


def test_an_empty_word_is_no_path(run, capsys):
    """It would be the folder that one is in, all of which would be asked about."""
    for words in (
        ["predict", "classical/svm", ""],
        ["predict", "", FILE],
        ["evaluate", "classical/svm", ""],
        ["explain", "classical/svm", FILE, "--to", ""],
    ):
        assert "it is empty" in misused(capsys, *words)


def test_a_device_is_not_replaced(run, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/stdout"):
        message = f"dalsegno: {path}: a pipe, socket or device; expected a file to write"
        assert refusal("explain", "classical/svm", FILE, "--to", path) == message
    assert (tmp_path / "pipe").is_fifo() and Path("/dev/stdout").is_symlink()


def test_a_folder_that_may_not_be_read_is_said_to_be_one(run, capsys, tmp_path, monkeypatch):
    (tmp_path / "locked").mkdir()
    allowed, scanned = os.access, os.scandir

    def scandir(folder):
        if Path(folder).name == "locked":
            raise PermissionError(13, "Permission denied", str(folder))
        return scanned(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "locked" and allowed(path, mode))
    assert ended("predict", "classical/svm", tmp_path) == UNREAD
    assert "locked: a folder that cannot be read: permission denied" in capsys.readouterr().err


def test_a_model_that_cannot_be_asked_prints_nothing_for_a_script_to_read(run, capsys):
    for kind in ("json", "csv"):
        assert "no such model" in refusal("predict", "cnn/nowhere", FILE, "--format", kind)
        assert capsys.readouterr().out == ""


def test_decoders_do_not_complain_by_themselves(run, capfd, tmp_path):
    torn, t = tmp_path / "torn.mp3", np.arange(88200) / 44100
    sf.write(torn, 0.4 * np.sin(2 * np.pi * 440 * t) + np.random.default_rng(0).normal(0, 0.05, len(t)), 44100)
    content = bytearray(torn.read_bytes())
    content[3000:4000] = np.random.default_rng(0).bytes(1000)
    torn.write_bytes(content)
    main.main(["explain", "classical/svm", str(torn), "--to", str(tmp_path / "x.png")])
    main.main(["predict", "classical/svm", str(torn), "--timeline", "1"])
    assert all(line.startswith("dalsegno: ") for line in capfd.readouterr().err.splitlines())


def test_a_process_ends_in_order_although_it_unloads_nothing(run):
    """Threads are waited for, and what is registered for the end runs, before the exit code."""
    ends = "lambda: (threading.main_thread().join(), time.sleep(1), print('thread'))"  # however long the command takes
    late = f"threading.Thread(target={ends}).start(); atexit.register(print, 'registered')"
    code = f"import atexit, threading, time; {late}; from dalsegno.cli.main import main; main()"
    line = [sys.executable, "-c", code, "predict", "cnn/crops", FILE, "nowhere.wav"]
    ended = subprocess.run(line, capture_output=True, text=True, check=False, timeout=100)
    assert ended.returncode == UNREAD and ended.stderr == "dalsegno: nowhere.wav: there is no such file\n"
    assert ended.stdout.startswith(FILE) and ended.stdout.endswith("\nthread\nregistered\n")


def test_an_interrupted_command_ends_without_a_traceback(run, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("dalsegno.inference.model.load", interrupt)
    assert ended("predict", "classical/svm", FILE) == 130


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
    assert "but not a whole one" in refusal("predict", stored.changed(f"runs/{name}", change, tmp_path), FILE)


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
    assert ended("predict", stored.changed(f"runs/{name}", change, tmp_path), FILE) == UNREAD
    assert "but not a whole one" in capsys.readouterr().err


def test_a_model_whose_numbers_do_not_fit_is_blamed_and_not_the_file(run, capsys, tmp_path):
    """What NumPy and PyTorch say of shapes and of sizes is no fault of the sound, and no traceback."""
    narrow = lambda saved: saved["runs"][0].update(mean=np.zeros(3))
    assert ended("predict", stored.changed("runs/classical/svm", narrow, tmp_path), FILE) == UNREAD
    assert "but not a whole one" in capsys.readouterr().err
    odd = lambda saved: saved["spectrogram"].update(offset=[])
    assert ended("predict", stored.changed("runs/cnn/crops", odd, tmp_path), FILE) == UNREAD
    assert "but not a whole one" in capsys.readouterr().err
    huge = lambda saved: saved["spectrogram"].update(bins=10**14)
    assert "not enough memory for the sizes" in refusal(
        "predict", stored.changed("runs/cnn/crops", huge, tmp_path), FILE
    )


def test_classes_of_any_name_come_out_whole(run, capsys, tmp_path):
    labels = ['a,"b"', "<b>\n\x1b[31m", "=日本 "]
    odd = stored.changed("runs/classical/svm", lambda saved: saved.update(labels=labels), tmp_path)
    main.main(["predict", str(odd), FILE, "--format", "csv"])
    assert {row["label"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))} == set(labels)
    main.main(["predict", str(odd), FILE, "--format", "json"])
    assert set(json.loads(capsys.readouterr().out)[0]["probabilities"]) == set(labels)
    main.main(["predict", str(odd), FILE])
    (line,) = capsys.readouterr().out.splitlines()
    assert r"<b>\n\x1b[31m" in line


@pytest.mark.parametrize("labels", ["abc", ["a", "b", "b"], ["a", "b", 3], {"a": 0, "b": 1, "c": 2}])
def test_classes_are_names_each_of_one_class(run, tmp_path, labels):
    other = stored.changed("runs/cnn/crops", lambda saved: saved.update(labels=labels), tmp_path)
    assert "but not a whole one" in refusal("predict", other, FILE)


def test_an_answer_that_is_no_number_is_a_message(run, capsys, tmp_path):
    nan = stored.changed(
        "runs/mlp/plain", lambda saved: saved["runs"][0]["state"]["prep.mean"].fill_(float("nan")), tmp_path
    )
    assert ended("predict", nan, FILE) == UNREAD
    assert "answer is not a number" in capsys.readouterr().err


def test_an_empty_file_is_said_to_be_empty(run, capsys, tmp_path):
    (tmp_path / "x.mp3").touch()
    assert ended("predict", "classical/svm", tmp_path / "x.mp3") == UNREAD
    assert "it is empty, not one byte" in capsys.readouterr().err
