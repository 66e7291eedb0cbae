"""How far along a run is: the place of a stage among all, as DVC takes them, and what is left of training."""

import pytest
import yaml
from dvc.repo import Repo
from dvc.repo.reproduce import get_active_graph, plan_repro
from support.recipe_trees import HERE

from dalsegno.pipeline import params, progress, stage

STAGES = params.document(HERE / "dvc.yaml")["stages"]


def test_a_stage_is_counted_in_the_order_that_dvc_takes(monkeypatch):
    monkeypatch.chdir(HERE)
    repo = Repo(".")
    plan = plan_repro(get_active_graph(repo.index.graph), repo.stage.collect("dvc.yaml"))
    entries = params.document()
    said = [progress.place(step.addressing, STAGES, entries) for step in plan]
    assert said == [f"stage {n} of {len(plan)}" for n in range(1, len(plan) + 1)]


def test_a_section_without_entries_has_no_stage():
    stages = {"clips": {}, "mlp": {"foreach": "${mlp}", "do": {}}, "cnn": {"foreach": "${cnn}", "do": {}}, "report": {}}
    assert progress.place("report", stages, {"mlp": {}, "cnn": {"a": 1, "b": 2}}) == "stage 4 of 4"
    assert progress.place("cnn@b", stages, {"mlp": None, "cnn": {"a": 1, "b": 2}}) == "stage 3 of 4"
    assert progress.place("cnn@b", stages | {"cnn": {"foreach": ["b"], "do": {}}}, {}) == "stage 2 of 3"


def test_a_stage_of_another_file_has_no_place():
    assert progress.place("search/dvc.yaml:search@small", STAGES, {}) == ""


def test_a_stage_that_dvc_runs_says_its_place_first(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"one": {}, "two": {}}}))
    (tmp_path / "params.yaml").write_text("runtime: {}\n")
    monkeypatch.setenv("DVC_STAGE", "two")
    stage.run(lambda *_: print("ran"))
    assert capsys.readouterr().out.splitlines() == ["stage 2 of 2", "ran"]
    monkeypatch.delenv("DVC_STAGE")
    stage.run(lambda *_: print("ran"))
    assert capsys.readouterr().out == "ran\n"


@pytest.mark.parametrize(
    ("ended", "epoch", "n_runs", "left"),
    [
        ([], 0, 3, 30),  # three runs of ten epochs at most
        ([], 4, 3, 26),
        ([6], 2, 3, 4 + 6),  # early stopping ended the first after six
        ([6], 9, 3, 0 + 6),  # longer than the first, and nobody knows how long
        ([10, 6], 8, 3, 0),
    ],
)
def test_what_is_left_goes_by_the_runs_that_have_ended(ended, epoch, n_runs, left):
    assert progress.epochs_left(ended, epoch, n_runs, most=10) == left


def test_an_estimate_follows_the_clock(monkeypatch):
    now = iter([100.0, 104.0, 130.0, 140.0])
    monkeypatch.setattr(progress.time, "perf_counter", lambda: next(now))
    runs = progress.Runs(2, most=10)
    assert (str(runs), runs.left(2)) == ("run 1/2", "at most 36 s left")  # 2 s for each of 18 epochs
    runs.end(6)
    assert (str(runs), runs.left(4)) == ("run 2/2", "about 6 s left")  # 3 s for each of 10 so far, and two are left
    assert runs.left(6) == "about 0 s left"
