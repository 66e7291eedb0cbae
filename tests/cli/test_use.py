"""`dalsegno use`: a recipe in place of params.yaml, and the way back."""

from pathlib import Path

import pytest
from support.commands import refusal

from dalsegno.cli import main

OLD = "runtime: {workers: 1} # mine\nsplits: {folds: 3}\n"
RECIPE = "# A recipe of one line.\n\ndataset: {root: a}\nsplits: {folds: 5}\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("recipes").mkdir()
    Path("recipes/instruments.yaml").write_text(RECIPE)
    Path("recipes/broken.yaml").write_text("- no\n- params\n")
    Path("params.yaml").write_text(OLD)
    return tmp_path


@pytest.mark.parametrize("word", ["instruments", "instruments.yaml", "recipes/instruments.yaml"])
def test_it_shows_the_difference_copies_and_can_be_undone(here, capsys, word):
    main.main(["use", word])
    printed = capsys.readouterr().out
    assert "-splits: {folds: 3}" in printed and "+splits: {folds: 5}" in printed and "--undo" in printed
    assert Path("params.yaml").read_text() == RECIPE
    main.main(["use", "--undo", "--show"])
    assert "+splits: {folds: 3}" in capsys.readouterr().out and Path("params.yaml").read_text() == RECIPE
    main.main(["use", "--undo"])
    assert "+splits: {folds: 3}" in capsys.readouterr().out and Path("params.yaml").read_text() == OLD


def test_undo_loses_no_change_by_hand_since_it_can_be_undone(here):
    assert "nothing to undo" in refusal("use", "--undo")
    main.main(["use", "instruments"])
    assert (
        "takes no recipe; got 'broken'" in refusal("use", "--undo", "broken")
        and Path("params.yaml").read_text() == RECIPE
    )
    Path("params.yaml").write_text(f"{RECIPE}# changed by hand\n")
    main.main(["use", "--undo"])
    assert Path("params.yaml").read_text() == OLD
    main.main(["use", "--undo"])
    assert Path("params.yaml").read_text() == f"{RECIPE}# changed by hand\n"


def test_show_changes_nothing_and_without_a_name_recipes_are_listed(here, capsys):
    main.main(["use", "instruments", "--show"])
    assert "+splits: {folds: 5}" in capsys.readouterr().out and Path("params.yaml").read_text() == OLD
    main.main(["use"])
    assert "instruments              A recipe of one line." in capsys.readouterr().out


def test_using_the_same_twice_keeps_what_was_there_before(here, capsys):
    main.main(["use", "instruments"])
    main.main(["use", "instruments"])
    assert "already" in capsys.readouterr().out
    main.main(["use", "--undo"])
    assert Path("params.yaml").read_text() == OLD


def test_a_wrong_name_or_file_changes_nothing(here):
    assert "did you mean 'instruments'?" in refusal("use", "instrument")
    assert "expected sections" in refusal("use", "broken")
    assert Path("params.yaml").read_text() == OLD
    Path("params.yaml").unlink()
    assert "run from the top of the repository" in refusal("use", "instruments")


def test_another_file_of_yaml_is_no_recipe(here):
    Path("dvc.yaml").write_text("stages: {}")
    assert refusal("use", "dvc.yaml") == "dalsegno: dvc.yaml: this is not a recipe: it has no section 'dataset:'"
    assert Path("params.yaml").read_text() == OLD
