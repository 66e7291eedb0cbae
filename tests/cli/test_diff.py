"""`dalsegno diff`: the same clips in two revisions, whose predictions come from DVC's cache."""

import json
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import yaml
from dvc.repo import Repo
from support import fake_runs

from dalsegno.cli import diff, main
from dalsegno.pipeline.errors import UserError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of packages that DVC uses
SKILL = {"classical/svm": 1.0, "mlp/small": 1.2, "cnn/conv": 1.2}


def git(*words):
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words], check=True, capture_output=True
    )


def track():
    with Repo() as repo:
        repo.add(["runs", "data/splits.csv"])
    git("add", "--all")


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A repository in which three models were run and committed as `main`; its DVC cache has their predictions."""
    root = tmp_path_factory.mktemp("diff")
    fake_runs.build(root, skill=SKILL, n_folds=2)
    fake_runs.write_params(root, SKILL, {"two": ["classical/svm", "cnn/conv"]})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        git("init", "--quiet", "--initial-branch=main")
        Repo.init().close()
        track()
        git("commit", "--quiet", "-m", "first")
    return root


@pytest.fixture
def repository(first, tmp_path, monkeypatch):
    """A copy of it to change, the working folder."""
    shutil.copytree(first, tmp_path / "copy", symlinks=True)
    monkeypatch.chdir(tmp_path / "copy")
    return tmp_path / "copy"


def rewrite(name, change):
    path = f"runs/{name}/predictions.parquet"
    rows = change(pd.read_parquet(path))
    subprocess.run(["rm", path], check=True)  # it may be a link into the cache
    rows.to_parquet(path, index=False)


def swapped(rows):
    """Half of the groups with the probabilities of their first two classes exchanged: many calls become wrong."""
    return rows.rename(
        columns={"p_ambient": "p_blues", "p_blues": "p_ambient", "p_disco": "p_jazz", "p_jazz": "p_disco"}
    )


def test_a_loss_beyond_chance_is_told_and_may_end_in_an_error(repository, capsys):
    rewrite("cnn/conv", swapped)
    found = diff.differences("main")
    assert set(found.rows) == {*SKILL, "ensembles/two"}
    assert found.rows["mlp/small"]["accuracy"] == 0 and found.rows["mlp/small"]["p_holm"] == 1
    row = found.rows["cnn/conv"]
    assert row["accuracy"] == pytest.approx(row["after"] - row["before"]) and row["high"] < 0
    assert "cnn/conv" in found.worse and "mlp/small" not in found.worse
    main.main(["diff", "main"])
    said = capsys.readouterr().out
    assert "right about the same 240 clips" in said and ": worse, 240 clips" in said
    main.main(["diff", "main", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["rows"]["cnn/conv"] == row and (document["old"], document["only_old"]) == ("main", [])
    with pytest.raises(SystemExit, match=r"worse than in main, beyond chance: .*cnn/conv"):
        main.main(["diff", "main", "--fail-if-worse"])


def test_nothing_changed_is_no_loss(repository, capsys):
    main.main(["diff", "main", "--fail-if-worse"])
    assert capsys.readouterr().out.count("right about the same 240 clips") == 4


def test_two_revisions_and_a_model_that_only_one_has(repository):
    rewrite("cnn/conv", swapped)
    fake_runs.write_params(repository, ["cnn/conv", "mlp/small"])
    git("checkout", "--quiet", "-b", "other")
    track()
    git("commit", "--quiet", "-m", "second")
    found = diff.differences("other", "main")
    assert found.only_new == ["classical/svm", "ensembles/two"] and found.only_old == []
    assert found.rows["cnn/conv"]["accuracy"] > 0 and not found.worse


def test_what_cannot_be_compared_is_said(repository):
    with pytest.raises(UserError, match="nowhere: no such branch, tag, commit or experiment"):
        diff.differences("nowhere")
    shutil.rmtree(repository / ".dvc/cache")
    with pytest.raises(
        UserError,
        match=r"main: DVC's cache lacks .*`git checkout main && dvc pull splits classical mlp cnn transfer external`",
    ):
        diff.differences("main")


def test_what_is_to_be_pulled_are_stages_that_make_splits_and_predictions():
    stages = yaml.safe_load(Path("dvc.yaml").read_text())["stages"]
    outs = {out for name in diff.STAGES.split() for out in stages[name].get("do", stages[name])["outs"]}
    assert outs == {diff.SPLITS, *(f"{diff.RUNS}/{name}/${{key}}" for name in diff.STAGES.split()[1:])}


def test_a_revision_without_runs_has_nothing_to_compare(repository):
    git("rm", "--quiet", "--cached", "runs.dvc")
    git("commit", "--quiet", "-m", "none")
    with pytest.raises(UserError, match="HEAD: it has no runs/"):
        diff.differences("HEAD")
