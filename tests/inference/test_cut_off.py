"""A file that was cut off is answered from what is there, and every door says how much that is."""

import csv
import io
import json
import shutil
import types
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from support import small_run

from dalsegno.cli import main
from dalsegno.inference import demo, model

RATE_HZ, SECONDS, KEPT = 22050, 8.0, 0.4
SOUND = np.concatenate([small_run.samples("hum", i, 1.0, RATE_HZ) for i in range(int(SECONDS))])
SUFFIXES = ("wav", "au", "aiff", "mp3", "ogg")


@pytest.fixture
def cut(tmp_path):
    """A file of each kind of which four tenths are left, and as many whole ones."""
    for suffix in SUFFIXES:
        whole = tmp_path / f"whole.{suffix}"
        sf.write(whole, SOUND, RATE_HZ)
        content = whole.read_bytes()
        (tmp_path / f"cut.{suffix}").write_bytes(content[: round(KEPT * len(content))])
    return tmp_path


def printed(capsys, *words):
    main.main(list(map(str, words)))
    return capsys.readouterr()


@pytest.mark.parametrize("name", ["classical/svm", "cnn/crops"])
def test_predict_says_how_much_was_heard_in_every_format(run, capsys, cut, name):
    entries = {
        Path(e["path"]).name: e for e in json.loads(printed(capsys, "predict", name, cut, "--format", "json").out)
    }
    assert len(entries) == 2 * len(SUFFIXES) and all(entry["label"] for entry in entries.values())
    assert {file for file, entry in entries.items() if "note" in entry} == {f"cut.{suffix}" for suffix in SUFFIXES}
    for suffix in SUFFIXES:
        words = entries[f"cut.{suffix}"]["note"].split()
        assert words[0] == "only" and float(words[1]) == pytest.approx(KEPT * SECONDS, abs=1.0)  # headers take room
    note = entries["cut.wav"]["note"]
    assert note.startswith("only 3.2 s of it could be read (truncated: its header promises ")
    out, err = printed(capsys, "predict", name, cut / "cut.wav", "--format", "csv")
    assert len(list(csv.DictReader(io.StringIO(out)))) == len(small_run.LABELS)
    assert err == f"dalsegno: {cut / 'cut.wav'}: {note}\n"
    assert printed(capsys, "predict", name, cut / "cut.wav").out.endswith(f"%; {note}\n")


def test_a_timeline_says_it_once(run, capsys, cut):
    words = ("predict", "classical/svm", cut / "cut.wav", "--timeline", "1", "--format", "json")
    assert ["note" in part for part in json.loads(printed(capsys, *words).out)] == [True, False, False, False]


def test_evaluate_scores_and_names_it(run, capsys, cut):
    shutil.copytree("sounds", cut / "all")
    shutil.move(cut / "cut.mp3", cut / "all/hum")
    scores = json.loads(printed(capsys, "evaluate", "classical/svm", cut / "all", "--json").out)
    assert scores["with_known"]["clips"] == 25 and [Path(e["path"]).name for e in scores["cut_off"]] == ["cut.mp3"]
    assert "1 file scored in part, cut off:\n" in printed(capsys, "evaluate", "classical/svm", cut / "all").out


def test_explain_says_it_beside_the_picture(run, capsys, cut):
    for name, notes in (("cut.wav", 1), ("whole.wav", 0)):
        said = printed(capsys, "explain", "cnn/crops", cut / name, "--to", cut / "x.png")
        assert said.out == f"{cut / 'x.png'}\n" and said.err.count(f"{name}: only 3.2 s of it could be read") == notes


def test_the_page_warns_and_answers(run, cut):
    warned = []
    page = types.SimpleNamespace(Warning=lambda words, duration: warned.append(words))
    asked = model.load("classical/svm")
    ask = demo._refusing(page, lambda path: demo._answers([asked], path))
    assert ask(str(cut / "whole.wav")) and not warned
    assert ask(str(cut / "cut.wav")) and warned[0].startswith("only 3.2 s of it could be read")
