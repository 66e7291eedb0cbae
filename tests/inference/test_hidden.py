"""Hidden files of a folder are no clips for the doctor, so predict and evaluate pass them over and say how many there are."""

import json
import shutil

import pytest

from dalsegno.cli import main

FILE = "sounds/hum/1.flac"


@pytest.fixture
def strewn(run, tmp_path):
    """The sounds of the run, and among them what environments, editors and macOS leave."""
    shutil.copytree("sounds", tmp_path / "all")
    for place in (".venv/lib/x.flac", "hum/.ipynb_checkpoints/1.flac", "hum/._1.flac", ".y.m4a"):
        (tmp_path / "all" / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(FILE, tmp_path / "all" / place)
    return tmp_path / "all"


def test_predict_passes_them_over(strewn, capsys):
    main.main(["predict", "classical/svm", str(strewn), "--format", "json"])
    out, err = capsys.readouterr()
    assert len(json.loads(out)) == 24 and all("/." not in entry["path"] for entry in json.loads(out))
    assert err == f"dalsegno: {strewn}: 3 hidden files skipped; name a file to have it classified\n"


@pytest.mark.parametrize("place", [".venv", ".venv/lib/x.flac", "hum/._1.flac"])
def test_what_is_named_is_meant(strewn, capsys, place):
    main.main(["predict", "classical/svm", str(strewn / place)])
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 1 and err == ""


def test_a_folder_of_nothing_else_holds_nothing(run, capsys, tmp_path):
    (tmp_path / ".venv").mkdir()
    shutil.copy(FILE, tmp_path / ".venv/x.flac")
    with pytest.raises(SystemExit):
        main.main(["predict", "classical/svm", str(tmp_path)])
    assert "holds nothing that the model takes, no file" in capsys.readouterr().err


def test_evaluate_counts_them_and_calls_none_unreadable(strewn, capsys):
    main.main(["evaluate", "classical/svm", str(strewn), "--json"])
    scores = json.loads(capsys.readouterr().out)
    assert (scores["clips"], scores["hidden"], scores["unread"]) == (24, 4, [])
    main.main(["evaluate", "classical/svm", str(strewn)])
    assert "4 hidden files skipped" in capsys.readouterr().out
