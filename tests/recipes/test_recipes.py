"""Every recipe is a whole params file that runs: held against the stages that read it, then run on a small tree of its data.

What is run is what DVC resolves from dvc.yaml with that recipe as params.yaml, in DVC's order, stage by stage in this process
(which spares an import of PyTorch each). Training is cut to one epoch of small networks; weights are random, in the
publishers' formats.
"""

import json
import re
import runpy
import shlex
import shutil
import sys
from pathlib import Path

import networkx
import numpy as np
import pytest
import yaml
from dvc.repo import Repo
from support import small_run
from support.recipe_trees import HERE, RECIPES, entries, header, lay_out, small

from dalsegno.cli import weights
from dalsegno.inference import model
from dalsegno.pipeline import check, params
from dalsegno.pipeline.errors import UserError
from dalsegno.scoring.statistics import share

pytestmark = [
    pytest.mark.filterwarnings("ignore:_NoneStep:DeprecationWarning"),  # of a package that DVC uses
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning"),
]

HEADER = ["Reproduces", "Data", "Reported", "Unsaid", "Run", "Cost", "Expect"]
each_recipe = pytest.mark.parametrize("name", RECIPES)


# What it says


def test_the_readme_lists_every_recipe():
    table = (HERE / "README.md").read_text().split("| recipe | contents |")[1].split("\n\n")[0]
    listed = [name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1] if row else "")]
    assert sorted(listed) == sorted(RECIPES)


@each_recipe
def test_the_header_says_what_it_is_how_to_run_it_and_what_to_expect(name):
    title, fields = header(name)
    assert title.endswith(".") and list(fields) == HEADER and all(fields.values())
    assert fields["Run"].startswith(f"cp recipes/{name}.yaml params.yaml") and "dvc repro" in fields["Run"]


@each_recipe
def test_published_weights_are_fetched_by_the_commands_of_the_header(name):
    known = {w.path.as_posix(): w for w in weights.table().values()}
    used = entries(params.document(RECIPES[name]), "embeddings", "transfer").values()
    folders = [entry["weights"] for entry in used if entry["arch"] == "transformers"]
    assert all(f"save_pretrained('{folder}')" in header(name)[1]["Run"] for folder in folders)
    used = [entry for entry in used if entry["weights"] not in folders]
    for entry in used:
        published = known[entry["weights"]]
        assert published.arch == entry["arch"]
        if "model" in entry:  # not where embeddings are read
            assert yaml.safe_load(published.model).items() <= entry["model"].items()
    fetched = re.findall(r"dalsegno weights fetch (\w+)", header(name)[1]["Run"])
    assert set(fetched) == {known[e["weights"]].name for e in used}


@each_recipe
def test_every_section_is_as_its_stage_wants_it(name, tmp_path, monkeypatch):
    shutil.copy(RECIPES[name], tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    assert check.problems(HERE / "stages") == []


@each_recipe
def test_every_spectrogram_and_embedding_is_used(name):
    doc = params.document(RECIPES[name])
    users = entries(doc, "cnn", "pretrain", "embeddings", "transfer").values()
    used = {u["spectrogram"] for u in users if "spectrogram" in u} | {doc["protocols"]["spectrogram"]}
    inputs = [u["input"].split("/") for u in users if "input" in u]
    used |= {key for kind, key in inputs if kind == "spectrograms"}
    assert used == set(doc["spectrograms"])
    assert {key for kind, key in inputs if kind == "embeddings"} == set(doc["embeddings"])


def test_the_interval_that_the_header_of_the_course_states_is_ours():
    said = header("hf_audio_course")[1]["Reported"]
    for right, as_written in ((83, "74.5–89.3"), (75, "65.7–82.5"), (95, "88.8–97.8")):
        hits = np.repeat([1.0, 0.0], [right, 100 - right])
        low, high = share.intervals([share.tally(hits, np.ones(100), np.arange(100))], 0.95)[0]
        assert f"{100 * low:.1f}–{100 * high:.1f}" == as_written and as_written in said
        assert right != 83 or low < 0.87 < high  # what earns the certificate


# It runs


def stages_of(root):
    """The stages behind the report and the submissions, as DVC resolves and orders them; all of them, and the others."""
    graph = Repo.init(str(root), no_scm=True).index.graph
    ends = [s for s in graph if s.addressing in ("report", "submissions")]
    wanted = dict.fromkeys(s for end in ends for s in networkx.dfs_postorder_nodes(graph, end))
    return list(wanted), {s.addressing for s in graph} - {s.addressing for s in wanted}


def run(stage, monkeypatch):
    """The stage's own command, in this process; then everything that it was to write is there."""
    absent = [dep.def_path for dep in stage.deps if not Path(dep.def_path).exists()]
    assert not absent, f"{stage.addressing} needs {absent}"
    python, script, *words = shlex.split(stage.cmd)
    assert python == "python"
    monkeypatch.setattr(sys, "argv", [script, *words])
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as error:
        pytest.fail(f"{stage.addressing}: {error}")
    assert all(Path(out.def_path).exists() for out in stage.outs)


@each_recipe
def test_it_runs_from_the_files_to_the_report(name, tmp_path, monkeypatch):
    doc = small(name)
    for folder in ("src", "stages"):
        (tmp_path / folder).symlink_to(HERE / folder)
    for file in ("dvc.yaml", "versions.yaml"):
        shutil.copy(HERE / file, tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(doc, sort_keys=False))
    (tmp_path / "metrics").mkdir()
    shutil.copy(HERE / "metrics/kaggle.csv", tmp_path / "metrics")
    lay_out(tmp_path, doc)
    monkeypatch.chdir(tmp_path)
    stages, others = stages_of(tmp_path)
    assert others <= {"paper"}  # the same report as a PDF
    for stage in stages:
        run(stage, monkeypatch)

    comparison = json.loads(Path("metrics/compare.json").read_text())
    compared = comparison["models"]
    assert comparison["dataset"]["title"] == doc["dataset"]["title"] != Path(doc["dataset"]["root"]).name
    twins = {f"transfer/{key}-scratch" for key, entry in doc["transfer"].items() if entry.get("control")}
    models = {path.replace(".", "/", 1) for path in entries(doc, "classical", "mlp", "cnn", "transfer")}
    assert set(compared) == models | twins | {f"ensembles/{key}" for key in doc["ensembles"]}
    assert all(0 <= figures["accuracy"] <= 1 for figures in compared.values())
    assert "<html" in Path("reports/report.html").read_text()
    submissions = list(Path("reports/submissions").glob("submission_*.csv"))
    assert len(submissions) == (len(models) if "kaggle" in doc["dataset"]["root"] else 0)
    for name in models:
        assert asked_again(name, doc) < (5e-4 if name.startswith("transfer") else 1e-5), name


def asked_again(name, doc):
    """The greatest difference between what the run predicted of a few clips and what its stored model says of their files.

    A network of random weights makes nearly the same embedding of every clip, so that standardising it magnifies rounding,
    which differs with the number of windows in a batch: hence the wider bound for transfer here, and not elsewhere.
    """
    by_path = small_run.by_the_pipeline(f"runs/{name}").iloc[:3]
    of_features = name.split("/")[0] in ("classical", "mlp")
    if of_features and doc["features"].get("source") == "csv":
        with pytest.raises(UserError, match="computed elsewhere"):
            model.load(name)
        return 0.0
    asked, root = model.load(name), doc["dataset"]["root"]
    return max(
        [np.abs(asked.clip(Path(root, path)) - p.to_numpy(float)).max() for path, p in by_path.iterrows()], default=0
    )
