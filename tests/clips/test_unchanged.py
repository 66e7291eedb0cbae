"""A data set that changes while a stage reads it: DVC would hold what came meanwhile for read."""

import os
import runpy
from types import SimpleNamespace

import pytest
import yaml

from dalsegno.clips.tree.unchanged import unchanged
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError

EDITS = {
    "added": lambda root: (root / "jazz/b.wav").write_bytes(b"b"),
    "written to": lambda root: (root / "jazz/a.wav").write_bytes(b"ab"),
    "removed": lambda root: (root / "jazz/a.wav").unlink(),
}


@pytest.fixture
def root(tmp_path):
    (tmp_path / "music/jazz").mkdir(parents=True)
    (tmp_path / "music/jazz/a.wav").write_bytes(b"a")
    return tmp_path / "music"


@pytest.mark.parametrize("what", EDITS)
def test_what_changed_is_named(root, what):
    with pytest.raises(UserError) as error, unchanged(root):
        EDITS[what](root)
    name = "jazz/b.wav" if what == "added" else "jazz/a.wav"
    assert f"{str(root)!r} changed while it was read" in str(error.value) and f"{name!r}: {what}" in str(error.value)


def test_a_file_of_the_same_size_that_is_written_later_has_changed(root):
    with pytest.raises(UserError, match="written to"), unchanged(root):
        os.utime(root / "jazz/a.wav", (0, 0))


def test_hidden_files_and_reading_change_nothing(root):
    with unchanged(root):
        (root / "jazz/.DS_Store").write_bytes(b"x")
        (root / "jazz/a.wav").read_bytes()


def test_an_error_of_the_stage_comes_before_what_changed(root):
    with pytest.raises(UserError, match="of the stage"), unchanged(root):
        EDITS["added"](root)
        raise UserError("of the stage")


@pytest.mark.parametrize("words", [["clips", *"abcde"], ["pretrain", "notes", *"abc"]], ids=lambda words: words[0])
def test_the_stages_that_list_a_data_set_refuse_one_that_changes(root, tmp_path, monkeypatch, words):
    main = runpy.run_path(f"stages/{words[0]}.py")["main"]
    doc = params.document()
    doc["dataset"]["root"] = doc["pretrain"]["notes"]["dataset"]["root"] = str(root)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(doc))
    monkeypatch.chdir(tmp_path)
    nothing = SimpleNamespace(clips=None, copies=None, rows=None)
    for work in ("splits.assign.split", "artefacts.data_set.clips_csv.with_copies", "sound.storing.write"):
        monkeypatch.setattr(f"dalsegno.{work}", lambda *_, **__: nothing)
    monkeypatch.setattr("dalsegno.clips.examine.examine", lambda *_: nothing)
    monkeypatch.setattr("dalsegno.families.convolutional.cnn.train_all", lambda *_: EDITS["added"](root))
    if words[0] == "clips":
        monkeypatch.setattr("dalsegno.clips.examine.examine", lambda *_: EDITS["added"](root))
    with pytest.raises(UserError, match="changed while it was read"):
        main(*words[1:])
