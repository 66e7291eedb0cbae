"""The pieces of bench/gpu.sh, on the CPU: settings that the stages accept, stages timed by a real DVC, runs compared."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from bench.gpu import differences, machine, pictures, settings
from dalsegno.artefacts.learning import predictions_parquet
from dalsegno.pipeline import check, params
from dalsegno.report.paper import own_words

RECIPE = Path("recipes/gtzan_pictures.yaml").resolve()
STAGES = Path("bench/gpu/stages.py").resolve()
DEFAULT = Path("params.yaml").resolve()
STAGE_SCRIPTS = Path("stages").resolve()


def written(folder, *words, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["settings.py", str(DEFAULT), *words])
    settings.main()
    return params.document("params.yaml")


@pytest.mark.parametrize(
    "words", [[], ["--small"], ["--rehearsal"], ["--rehearsal", "--small", "--lr", "0.002"]], ids=" ".join
)
def test_settings_are_taken_by_every_stage(tmp_path, monkeypatch, words):
    doc = written(tmp_path, *words, "--device", "cpu", monkeypatch=monkeypatch)
    assert check.problems(STAGE_SCRIPTS) == []
    assert own_words.unknown(params.load(paper=own_words.Params), doc) == []


def test_the_rehearsal_is_as_large_as_gtzan_and_one_rate_changes(tmp_path, monkeypatch):
    doc = written(tmp_path, "--rehearsal", monkeypatch=monkeypatch)
    made = doc["corpus"]["styles"]
    assert made["styles"] * made["artists"] * made["clips_per_artist"] == 1000 and made["duration_s"] == 30
    assert {entry["train"]["epochs"] for entry in doc["cnn"].values()} == {40} and doc["runtime"]["device"] == "cuda"
    again = written(tmp_path, "--rehearsal", "--lr", "0.002", monkeypatch=monkeypatch)
    again["cnn"]["modnet"]["train"]["lr"] = doc["cnn"]["modnet"]["train"]["lr"]
    assert again == doc


def test_a_small_rehearsal_has_other_clips_than_the_small_default_so_that_every_stage_runs(tmp_path, monkeypatch):
    default, rehearsal = (
        written(tmp_path, "--small", *more, monkeypatch=monkeypatch) for more in ([], ["--rehearsal"])
    )
    assert default["corpus"]["styles"] != rehearsal["corpus"]["styles"]


def test_a_machine_without_musicnn_runs_all_the_rest(tmp_path, monkeypatch):
    monkeypatch.setattr(settings.util, "find_spec", lambda name: None)
    doc = written(tmp_path, monkeypatch=monkeypatch)
    assert "musicnn" not in yaml.safe_dump({k: v for k, v in doc.items() if k != "dataset"})
    assert {entry["spectrogram"] for entry in doc["embeddings"].values()} <= doc["spectrograms"].keys()
    assert check.problems(STAGE_SCRIPTS) == []


def test_what_the_machine_lacks_is_named(tmp_path, monkeypatch):
    project = tmp_path / "pyproject.toml"
    project.write_text('[project]\ndependencies = ["numpy>=1", "pandas>=99", "nothing-of-this-name>=1", "typst>=99"]\n')
    assert dict(machine.lacking(project)) == {
        "pandas": f"pandas>=99 (installed: {metadata.version('pandas')})",
        "nothing-of-this-name": "nothing-of-this-name>=1 (installed: None)",
        "typst": f"typst>=99 (installed: {metadata.version('typst')})",
    }
    with pytest.raises(SystemExit, match=r"packages are needed[^$]*pandas>=99[^$]*nothing-of-this-name") as error:
        machine.main(str(project), str(STAGE_SCRIPTS), "cpu")
    assert "typst" not in str(error.value)


def test_a_stage_whose_imports_fail_is_named_unless_they_are_optional(tmp_path):
    modules = {
        "one": "nothing_of_this_name",
        "three": "nothing_of_this_name",
        "two": "typst.no_such_module",
        "zero": "json",
    }
    for name, module in modules.items():
        (tmp_path / f"{name}.py").write_text(f"import {module}\n")
    (tmp_path / "four.py").write_text("raise ImportError('No module named typst', name='typst')\n")
    one, two = machine.broken(tmp_path)
    assert one == f"No module named 'nothing_of_this_name' ({tmp_path / 'one.py'})" and str(tmp_path / "two.py") in two


def test_stages_are_timed_and_a_failure_is_told_and_stops_nothing_else(tmp_path):
    sleep = f"{sys.executable} -c 'import time; time.sleep(0.5)'"
    broken = f"{sys.executable} -c 'raise SystemExit(\"b is broken\")'"
    stages = {"b": {"cmd": broken, "outs": ["b.txt"]}, "of_b": {"cmd": sleep, "deps": ["b.txt"]}, "a": {"cmd": sleep}}
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    env = os.environ | {"DVC_SITE_CACHE_DIR": str(tmp_path / "site")}

    def timed(*targets):
        words = [sys.executable, STAGES, *targets]
        return subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True)

    done = timed("60", "a")
    rows = dict(line.strip("|").split("|") for line in done.stdout.splitlines()[2:-2])
    assert done.returncode == 0 and float(rows[" a "]) >= 0.5 and done.stdout.endswith("\nGoal, s: under 60, met.\n")
    assert timed("0.1", "--force", "a").stdout.endswith("\nGoal, s: under 0.1, missed.\n")
    failed = timed("60", "--force")
    assert failed.returncode == 1 and "b is broken" in failed.stderr
    rows = [line.split("|")[1].strip() for line in failed.stdout.splitlines() if line.startswith("|")]
    assert sorted(rows[3:-1]) == ["a", "b"] and failed.stdout.endswith("Failed: b.\n")
    assert "Stage 'c' not found" in timed("0", "c").stdout


def test_runs_are_compared_clip_by_clip(tmp_path, capsys):
    splits = pd.DataFrame({"clip_id": ["a", "b", "c"], "label": ["x", "y", "x"], "fold0": "test"})
    p = np.array([[0.9, 0.1], [0.4, 0.6], [0.52, 0.48]])
    for name, moved in (("one", 0.0), ("two", 0.04)):
        for model in ("cnn/net", "classical/svm"):
            folder = tmp_path / name / model
            folder.mkdir(parents=True)
            rows = predictions_parquet.frame(
                splits, 0, 0, ["a", "b", "c"], p + np.array([[0, 0], [0, 0], [-moved, moved]]), ["x", "y"]
            )
            predictions_parquet.write(folder / "predictions.parquet", [rows])
    differences.main(str(tmp_path / "one"), str(tmp_path / "two"))
    assert capsys.readouterr().out.splitlines()[2:] == ["| cnn/net | 3 | 1 | 0.0e+00, 4.0e-02 |"]
    (tmp_path / "two/cnn/net/predictions.parquet").unlink()
    differences.main(str(tmp_path / "one"), str(tmp_path / "two"))
    assert capsys.readouterr().out.splitlines()[2:] == ["| cnn/net | not in both | | |"]


def test_pictures_train_the_networks_of_the_goal_and_say_that_they_are_generated(monkeypatch, capsys):
    assert [(p.arch, p.train.epochs, problems) for _, p, problems in pictures.entries(RECIPE, 40)] == [
        ("conv", 40, []), ("modnet", 40, []),
    ]  # fmt: skip
    monkeypatch.setattr(pictures, "SMALL_CNN", {"arch": "conv", "model": {"channels": [2], "dense": []}})
    monkeypatch.setattr(sys, "argv", ["pictures.py", str(RECIPE), "--device", "cpu", "--small"])
    pictures.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "30 generated pictures of 387 × 128 in ten classes, 2 epochs."
    assert [line.split(" | ")[1] for line in lines[4:]] == ["52", "53,810"]
