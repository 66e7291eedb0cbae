"""`dalsegno diff`: the same clips in two revisions, whose predictions come from DVC's cache."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import yaml
from dvc.repo import Repo
from statsmodels.stats.multitest import multipletests
from support import fake_runs

from dalsegno.artefacts import leaks_json
from dalsegno.artefacts.learning import splits_csv
from dalsegno.cli import diff, main, revision
from dalsegno.pipeline.errors import UserError
from dalsegno.scoring import intervals

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
    with pytest.raises(SystemExit) as end:
        main.main(["diff", "main", "--fail-if-worse"])
    assert end.value.code == 1 and "worse than in main, beyond chance: cnn/conv" in capsys.readouterr().err


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


def test_the_gate_tells_a_loss_from_revisions_that_cannot_be_compared(repository, capsys):
    with pytest.raises(SystemExit) as end:
        main.main(["diff", "nowhere", "--fail-if-worse"])
    assert end.value.code == 2 and "nowhere: no such branch" in capsys.readouterr().err


def relabel(change):
    """The workspace under other labels: of the splits, and of all predictions."""
    splits = splits_csv.read("data/splits.csv")
    splits["label"] = change(splits["clip_id"], splits["label"])
    subprocess.run(["rm", "data/splits.csv"], check=True)
    splits_csv.write("data/splits.csv", splits)
    for name in SKILL:
        rewrite(name, lambda rows: rows.assign(label=change(rows["clip_id"], rows["label"])))


def test_clips_that_are_labelled_differently_are_left_out_and_counted(repository):
    three = [f"jazz.00{i}" for i in range(3)]
    relabel(lambda clips, labels: labels.where(~clips.isin(three), "blues"))
    found = diff.differences("main")
    assert {(row["clips"], row["relabelled"], row["accuracy"]) for row in found.rows.values()} == {(237, 3, 0.0)}
    assert sum("right about the same 237 clips, without 3 relabelled" in line for line in found.lines()) == 4


def test_classes_under_new_names_cannot_be_compared_and_are_told(repository):
    relabel(lambda _, labels: labels.map({c: c.upper() for c in fake_runs.CLASSES}))
    for name in SKILL:
        rewrite(name, lambda rows: rows.rename(columns={f"p_{c}": f"p_{c.upper()}" for c in fake_runs.CLASSES}))
    with pytest.raises(UserError, match=r"every clip has another label, such as ambient\.000: ambient became AMBIENT"):
        diff.differences("main")


def test_models_under_new_names_are_told(repository):
    for name in SKILL:
        shutil.move(f"runs/{name}", f"runs/{name}2")
    fake_runs.write_params(repository, [f"{name}2" for name in SKILL])
    with pytest.raises(
        UserError, match=r"no model to compare: main has classical/svm, .*; the workspace has classical/svm2"
    ):
        diff.differences("main")


def test_a_model_without_a_clip_in_common_does_not_keep_the_others_from_being_compared(repository):
    rewrite("cnn/conv", lambda rows: rows[rows["clip_id"].str.startswith("jazz")])
    fake_runs.write_params(repository, SKILL)
    git("checkout", "--quiet", "-b", "jazz")
    track()
    git("commit", "--quiet", "-m", "jazz alone")
    git("checkout", "--quiet", "main", "runs.dvc")
    with Repo() as repo:
        repo.checkout(force=True)
    rewrite("cnn/conv", lambda rows: rows[~rows["clip_id"].str.startswith("jazz")])
    found = diff.differences("jazz")
    assert found.apart == {"cnn/conv": "no clip is scored in both"} and {"classical/svm", "mlp/small"} <= set(
        found.rows
    )
    assert "cnn/conv: no clip is scored in both" in found.lines()


@pytest.mark.parametrize("of_split", [True, False])
def test_scores_on_what_was_trained_on_are_marked(repository, of_split, capsys):
    if of_split:
        path = Path("metrics/splits.json")
        path.write_text(json.dumps(json.loads(path.read_text()) | {"leaky": True}))
    else:
        leaks_json.write("runs/cnn/conv/leaks.json", leaks_json.Leaks(leaks=("It was pretrained on scored clips.",)))
    marked = {name for name, row in diff.differences("main").rows.items() if row["leaky"] == ["the workspace"]}
    assert marked == ({*SKILL, "ensembles/two"} if of_split else {"cnn/conv", "ensembles/two"})
    main.main(["diff", "main"])
    assert capsys.readouterr().out.count("clips (LEAKY in the workspace)") == len(marked)
    git("checkout", "--quiet", "-b", "leaky")
    track()
    git("commit", "--quiet", "-m", "leaky")
    assert diff.differences("leaky", "main").rows["cnn/conv"]["leaky"] == ["leaky"]


def test_parameters_that_nothing_was_run_with_are_told(repository):
    stages = {
        "mlp@small": {"params": {"params.yaml": {"mlp.small": {"lr": 1e-05}}}},
        "mlp@gone": {"params": {"params.yaml": {"mlp.gone": {}}}},
        "splits": {"params": {"params.yaml": {"splits": None, "dataset.seed": 3}}},
        "compare": {"params": {"params.yaml": {"compare": {}}}},
    }
    Path("dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}))
    doc = json.loads(Path("params.yaml").read_text())
    doc["mlp"]["small"] = {"lr": 1e-05}
    Path("params.yaml").write_text(json.dumps(doc | {"dataset": {"seed": 3}}))
    assert diff.differences("main").stale == {"main": [], "the workspace": []}
    doc["mlp"]["small"] = {"lr": 1e-04}
    Path("params.yaml").write_text(json.dumps(doc | {"dataset": {"seed": 4}}))
    found = diff.differences("main")
    assert found.stale == {"main": [], "the workspace": ["mlp@small", "splits"]}
    assert "the workspace: params.yaml has changed since mlp@small, splits ran there; `dvc repro`" in found.lines()[-1]


def test_models_that_were_not_run_yet_are_told_and_do_not_stop_the_others(repository):
    fake_runs.write_params(repository, ["classical/svm", "mlp/tiny", "cnn/conv"], {"two": ["mlp/tiny", "cnn/conv"]})
    found = diff.differences("main")
    assert set(found.rows) == {"classical/svm", "cnn/conv"}
    assert found.unrun == {"main": [], "the workspace": ["mlp/tiny", "ensembles/two"]}
    assert "mlp/tiny, ensembles/two: not run yet in the workspace; `dvc repro` runs them" in found.lines()


def test_a_revision_without_a_name_is_refused(repository, capsys):
    """As of a variable that is not set in a script: it would be the last commit, and nothing would be worse than it."""
    with pytest.raises(SystemExit) as end:
        main.main(["diff", "", "--fail-if-worse"])
    assert end.value.code == 2 and "argument REV: it is empty" in capsys.readouterr().err


def test_clips_that_one_revision_predicts_more_often_count_once(tmp_path):
    """Three clips, twice in one fold: the difference is that of the two accuracies, and p is of the same numbers."""

    def clips(right, n):
        return pd.DataFrame({"right": right, "n": n, "label": "x", "unit": range(3)}, index=["a", "b", "c"])

    row = diff._row(clips([1, 1, 0], [1, 1, 1]), clips([2, 0, 1], [2, 1, 1]), intervals.Params(confidence=0.95))
    assert row["accuracy"] == pytest.approx(row["after"] - row["before"]) == 0 and row["p_value"] == 1
    assert (row["right_alone"], row["wrong_alone"]) == (1, 1)


def test_groups_that_one_revision_knows_hold_in_either_direction(repository):
    """Clips of one artist are no more independent because the workspace does not know the artist."""
    rewrite("cnn/conv", swapped)
    with_groups = diff.differences("main").rows["cnn/conv"]
    splits = splits_csv.read("data/splits.csv")
    subprocess.run(["rm", "data/splits.csv"], check=True)
    splits_csv.write("data/splits.csv", splits.assign(group="", unit=splits["clip_id"]))
    without = diff.differences("main").rows["cnn/conv"]
    assert (without["low"], without["p_value"]) == (with_groups["low"], with_groups["p_value"])
    linked = diff._linked(pd.Series([0, 0, 1, 2, 3]), pd.Series([5, 6, 6, 7, 7]))
    assert linked.tolist() == [0, 0, 0, 1, 1]


@pytest.mark.parametrize("grouped", [True, False])
def test_a_revision_of_version_0_1_0_whose_splits_say_no_units_is_compared(repository, grouped):
    rewrite("cnn/conv", swapped)
    splits = splits_csv.read("data/splits.csv").drop(columns=["unit", "sha256"])
    subprocess.run(["rm", "data/splits.csv"], check=True)
    splits_csv.write("data/splits.csv", splits if grouped else splits.assign(group=""))
    units = revision.state(None).clips["cnn/conv"]["unit"]
    assert units.nunique() == (splits["group"].nunique() if grouped else len(units))
    assert diff.differences("main").rows["cnn/conv"]["clips"] == len(units)


def test_one_group_has_a_difference_and_no_interval(repository, capsys):
    splits = splits_csv.read("data/splits.csv")
    subprocess.run(["rm", "data/splits.csv"], check=True)
    splits_csv.write("data/splits.csv", splits.assign(group="x", unit="x"))
    rewrite("cnn/conv", swapped)
    main.main(["diff", "main", "--fail-if-worse"])
    assert "its uncertainty cannot be estimated, 240 clips" in capsys.readouterr().out


def test_what_cannot_be_compared_is_said(repository):
    with pytest.raises(UserError, match="nowhere: no such branch, tag, commit or experiment"):
        diff.differences("nowhere")
    shutil.rmtree(repository / ".dvc/cache")
    with pytest.raises(UserError, match=r"main: DVC's cache lacks .*`git checkout .*`"):
        diff.differences("main")


def test_where_the_cache_lacks_an_experiment_the_command_that_is_named_works(repository):
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True).strip()
    git("update-ref", f"refs/exps/{commit[:2]}/{commit[2:]}/warm-sole", commit)
    shutil.rmtree(repository / ".dvc/cache")
    with pytest.raises(UserError, match="warm-sole: DVC's cache lacks ") as error:
        diff.differences("warm-sole")
    named = re.search(r"`(git checkout \w+) && dvc pull splits classical mlp cnn transfer external`", str(error.value))
    assert named is not None
    git(*named[1].split()[1:])
    assert subprocess.check_output(["git", "rev-parse", "HEAD"], text=True).strip() == commit


def test_what_is_to_be_pulled_are_stages_that_make_splits_and_predictions():
    stages = yaml.safe_load(Path("dvc.yaml").read_text())["stages"]
    outs = {out for name in revision.STAGES.split() for out in stages[name].get("do", stages[name])["outs"]}
    assert outs == {revision.SPLITS, *(f"{revision.RUNS}/{name}/${{key}}" for name in revision.STAGES.split()[1:])}


def test_a_revision_without_runs_has_nothing_to_compare(repository):
    git("rm", "--quiet", "--cached", "runs.dvc")
    git("commit", "--quiet", "-m", "none")
    with pytest.raises(UserError, match="HEAD: it has no runs/"):
        diff.differences("HEAD")


def test_models_that_did_not_change_cost_those_that_did_nothing():
    """Holm's family is what could have differed: p = 0.02 and 0.04 of two that changed, one of which gained nothing and one
    of which lost nothing, whatever stayed as it was."""
    same = {"p_value": 1.0, "right_alone": 0.0, "wrong_alone": 0.0}
    lost, gained = (
        {"p_value": p, "right_alone": right, "wrong_alone": 9.0 - right} for p, right in ((0.02, 0.0), (0.04, 9.0))
    )
    rows = {"a/same": same, "b/lost": lost, "c/same": same, "d/gained": gained, "e/same": same}
    found = diff._judged(rows, intervals.Params(confidence=0.95))
    lost, gained = multipletests([0.02, 0.04], method="holm")[1]
    assert [row["p_holm"] for row in found.values()] == pytest.approx([1, lost, 1, gained, 1])
    assert [row["told_apart"] for row in found.values()] == [False, True, False, True, False]
