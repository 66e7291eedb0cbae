"""What `make submission` packs."""

import contextlib
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from dalsegno.pipeline.errors import UserError
from tools import submission


@pytest.fixture
def project(tmp_path):
    for name, text in {
        "README.md": "# x", "src/a.py": '"""Adds things up. And more."""\n', "tests/test_b.py": "x = 1\n",
        "params.yaml": "mlp: {deep: {}}\n", "metrics/mlp/old/metrics.json": "{}",
        ".gitignore": "/data/\n/reports/\n*.npy\n", "data/secret.wav": "RIFF", "reports/report.pdf": "%PDF-", "run": "#!/bin/sh\n# Starts it.\n",
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    with contextlib.chdir(tmp_path):
        subprocess.run("git init -q && git add -A", shell=True, check=True)
        yield tmp_path


def test_code_without_data_a_manifest_and_the_same_bytes_twice(project):
    names = submission.pack()
    assert {"report.pdf", "MANIFEST.md", "README.md", "src/a.py"} <= set(names)
    assert not any(name.startswith("data") for name in names)
    first = submission.OUT.read_bytes()
    submission.pack()
    assert submission.OUT.read_bytes() == first
    text = zipfile.ZipFile(submission.OUT).read("MANIFEST.md").decode()
    assert "- `src/a.py`: Adds things up.\n" in text
    assert "- `run`: Starts it.\n" in text and "- `tests/test_b.py`: test_b, as its name says.\n" in text


def test_the_results_of_this_run_are_packed_tracked_or_not_and_no_others(project):
    (project / "metrics/mlp/deep").mkdir()
    (project / "metrics/mlp/deep/metrics.json").write_text("{}")
    names = submission.pack()
    assert "metrics/mlp/deep/metrics.json" in names and "metrics/mlp/old/metrics.json" not in names
    assert "Losses and scores of mlp/deep on" in submission.sentence(Path("metrics/mlp/deep/metrics.json"))


def test_what_may_be_code_or_data_is_not_packed_but_named(project, capsys, monkeypatch):
    for name in ("sounds/a.wav", "sounds/b.wav", "mine.py", "stores/ignored.npy"):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text("")
    monkeypatch.setattr(submission, "missing", list)
    submission.main()
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("not packed")]
    assert [line.split(":")[1].split(",")[0].strip() for line in told] == ["mine.py", "sounds/"]
    assert "sounds/a.wav" not in zipfile.ZipFile(submission.OUT).namelist()


def test_a_page_of_docs_and_a_curve_are_named(tmp_path):
    page, curve = tmp_path / "docs/a.md", tmp_path / "plots/metrics/val_loss/fold0_seed1.tsv"
    page.parent.mkdir()
    page.write_text("# How it flows\n\nText.\n")
    assert submission.sentence(page) == "How it flows: Text."
    assert submission.sentence(curve) == "Validation loss of fold 0, seed 1, epoch by epoch."


def test_an_unpacked_archive_becomes_a_repository_when_it_is_run(project, tmp_path_factory):
    here = tmp_path_factory.mktemp("unpacked")
    submission.pack()
    zipfile.ZipFile(submission.OUT).extractall(here)
    shutil.copy(Path(__file__).parents[1] / "Makefile", here)
    done = subprocess.run(["make", ".git"], cwd=here, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    tracked = subprocess.run(["git", "ls-files"], cwd=here, capture_output=True, text=True, check=True).stdout.split()
    assert {"src/a.py", ".gitignore", "Makefile"} <= set(tracked)
    assert "Starting" not in subprocess.run(["make", ".git"], cwd=here, capture_output=True, text=True).stdout


def test_without_a_pdf_there_is_nothing_to_hand_in(project):
    submission.PDF.unlink()
    with pytest.raises(UserError, match="dvc repro paper"):
        submission.pack()
    assert not submission.OUT.exists()


def test_every_file_of_this_repository_has_a_sentence():
    root = Path(__file__).parents[1]
    with contextlib.chdir(root):
        listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n")
        paths = [Path(name) for name in listed if name and Path(name).is_file()]
        unsaid = [line for line in submission.manifest(paths).splitlines() if "as its name says" in line]
    assert not unsaid
