"""`dalsegno music FOLDER`, and `make run MUSIC=FOLDER`, which calls it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dalsegno.cli import main as command_line
from dalsegno.clips.tree import walk
from dalsegno.pipeline import params

HERE = Path(__file__).parents[2]


@pytest.fixture
def here(tmp_path, monkeypatch):
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(HERE / "params.yaml", work)
    (tmp_path / 'my "own" müsic: #1').mkdir()
    monkeypatch.chdir(work)
    return work


def test_the_absolute_path_is_written_and_nothing_else(here, capsys):
    before = Path("params.yaml").read_text()
    command_line.main(["music", '../my "own" müsic: #1'])
    after = Path("params.yaml").read_text()
    changed = [(a, b) for a, b in zip(before.splitlines(), after.splitlines(), strict=True) if a != b]
    assert len(changed) == 1 and changed[0][0].strip().startswith("root: data/corpus/styles")
    assert changed[0][1].endswith("# the folder that holds your audio: <root>/<label>/<clips>")
    assert params.document(Path("params.yaml"))["dataset"]["root"] == str(here.parent / 'my "own" müsic: #1')
    command_line.main(["music", '../my "own" müsic: #1'])
    assert Path("params.yaml").read_text() == after


def test_what_dvc_tracks_in_the_repository_is_named_as_it_is_in_every_copy(here):
    Path("data/mine").mkdir(parents=True)
    command_line.main(["music", "data/mine"])
    assert params.document()["dataset"]["root"] == str(here / "data/mine")
    Path("data/mine.dvc").touch()
    command_line.main(["music", str(here / "data/mine")])
    assert params.document()["dataset"]["root"] == "data/mine"


def test_a_folder_that_is_none_is_refused(here):
    before = Path("params.yaml").read_text()
    with pytest.raises(SystemExit, match=r"'\.\./nowhere' \(in .*\) is not a folder"):
        command_line.main(["music", "../nowhere"])
    assert Path("params.yaml").read_text() == before


@pytest.mark.parametrize("folder", [".", "..", "/"])
def test_a_folder_that_holds_the_repository_is_refused(here, folder):
    before = Path("params.yaml").read_text()
    with pytest.raises(SystemExit) as end:
        command_line.main(["music", folder])
    assert "holds this repository; name a folder that holds a folder per class alone" in end.value.code
    assert Path("params.yaml").read_text() == before


def test_a_misspelt_folder_is_refused_with_the_nearest_name_by_whichever_command(here):
    (here.parent / "my_music").mkdir()
    for words in (["music", "../my_musik"], ["doctor", "../my_musik"], ["groups", "../my_musik"]):
        with pytest.raises(SystemExit, match=r"'\.\./my_musik' \(in .*\) is no.* \(did you mean '\.\./my_music'\?\)"):
            command_line.main(words)


def test_an_archive_is_to_be_unpacked_first(here):
    (here.parent / "music.zip").touch()
    with pytest.raises(SystemExit, match=r"'\.\./music\.zip' \(in .*\) is a file; unpack it if it is an archive"):
        command_line.main(["music", "../music.zip"])


def test_the_folder_where_we_are_is_named_beside_a_relative_path_only(here):
    with pytest.raises(SystemExit, match=rf"'\.\./nowhere' \(in {here}\) is not there\. Expected"):
        command_line.main(["doctor", "../nowhere"])
    with pytest.raises(SystemExit, match=rf"'{here}/nowhere' is not there\. Expected"):
        command_line.main(["doctor", f"{here}/nowhere"])


def test_a_home_that_no_shell_has_written_out_is_named():
    with pytest.raises(walk.Missing, match=r"'~/Music' \(in .*\) is not there; write out what ~ stands for\. Expected"):
        walk.check(Path("~/Music"), "a layout")


def test_make_run_calls_it_first_with_music_only():
    told = subprocess.run(["make", "-n", "run", "MUSIC=../my music"], cwd=HERE, capture_output=True, text=True).stdout
    assert told.index('dalsegno music "../my music"') < told.index("dvc repro")
    assert (
        "dalsegno music" not in subprocess.run(["make", "-n", "run"], cwd=HERE, capture_output=True, text=True).stdout
    )


def test_make_run_gives_an_unpacked_archive_a_commit_to_begin_from(tmp_path):
    shutil.copy(HERE / "Makefile", tmp_path)
    (tmp_path / "params.yaml").touch()
    alone = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "nobody"),
        "GIT_CEILING_DIRECTORIES": str(tmp_path.parent),
    }
    subprocess.run(["make", ".git"], cwd=tmp_path, env=alone, check=True, capture_output=True)
    told = subprocess.run(
        ["git", "ls-tree", "--name-only", "main"], cwd=tmp_path, env=alone, capture_output=True, text=True
    )
    assert told.stdout.split() == ["Makefile", "params.yaml"]
