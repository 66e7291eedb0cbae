"""`dalsegno new`: each skeleton, made in a copy of the code, passes its own test and works at once."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dalsegno.cli import main
from dalsegno.pipeline import params

HERE = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path):
    for folder in ("src", "stages", "tests/support"):
        shutil.copytree(HERE / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "params.yaml", "versions.yaml", "tests/conftest.py", "tests/models/test_architectures.py",
                 "tests/datasets/test_datasets.py", "tests/features/test_features.py"):  # fmt: skip
        (tmp_path / file).parent.mkdir(exist_ok=True)
        shutil.copy(HERE / file, tmp_path / file)
    return tmp_path


def python(folder, *words):
    """Run Python on the code of the copy; its output."""
    environment = os.environ | {"PYTHONPATH": f"{folder / 'src'}:{folder / 'tests'}"}
    done = subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def command(folder, *words):
    return python(folder, "-c", f"from dalsegno.cli.main import main; main({list(words)!r})")


def test_an_architecture_keeps_the_contract_of_all_and_trains_as_an_entry_of_cnn(copy):
    told = command(copy, "new", "arch", "mynet")
    python(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/models", "-k", "mynet")
    entry = yaml.safe_load(told[told.index("    mynet:") : told.index("  Now write")])
    default = params.document(HERE / "params.yaml")
    assert {"spectrogram", "arch", "model", "view", "augment", "train"} == entry["mynet"].keys()
    assert entry["mynet"]["spectrogram"] in default["spectrograms"]
    entry["mynet"]["view"]["crop_s"], entry["mynet"]["train"]["epochs"] = 1.6, 4
    text = yaml.safe_dump({"runtime": {"device": "cpu"}, "cnn": entry}).replace("3e-3", "0.003")
    (copy / "params.yaml").write_text(text)
    trains = """
from pathlib import Path
from support.easy_task import accuracy, easy_splits, easy_store, stage
from dalsegno.artefacts.learning import splits_csv
splits_csv.write("splits.csv", easy_splits())
easy_store(Path("store"))
stage("cnn")("mynet", "store", "splits.csv", "run", "metrics")
print("accuracy", accuracy(Path("run"), "test"))
"""
    assert float(python(copy, "-c", trains).split("accuracy ")[-1]) > 0.5


def test_a_data_set_is_listed_and_read(copy):
    command(copy, "new", "dataset", "mydata")
    python(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/datasets", "-k", "mydata or every_adapter")
    assert "mydata: mydata: every file carries its label in its name" in command(copy, "datasets")


def test_a_feature_stands_in_the_catalogue(copy):
    command(copy, "new", "feature", "loudest")
    keyword = "loudest or have_finite_features"
    python(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/features", "-k", keyword)
    listed = "from dalsegno.features import compute, registry; compute.Params(use=['loudest'], stats=['mean']); print(list(registry.FEATURES))"
    assert "'loudest'" in python(copy, "-c", listed)


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("arch", "conv", "there is a src/dalsegno/models/conv.py already"),
        ("dataset", "folders", "there is a src/dalsegno/datasets/folders.py already"),
        ("feature", "mfcc", "has a mfcc already"),
        ("feature", "librosa", "has a librosa already"),
        ("arch", "architectures", "tests/models/test_architectures.py already"),
        ("dataset", "use", "tests/cli/test_use.py already"),
        ("arch", "my-net", "'my-net' cannot name an arch"),
        ("dataset", "2022", "cannot name a dataset"),
        ("feature", "class", "has no meaning in Python or YAML"),
        ("arch", "true", "has no meaning in Python or YAML"),
        ("arch", "../../evil", "cannot name"),
        ("arch", "Conv", "lower-case letters"),
    ],
)
def test_names_that_are_taken_or_are_none_are_refused(kind, name, words, capsys, monkeypatch):
    monkeypatch.chdir(HERE)
    with pytest.raises(SystemExit) as end:
        main.main(["new", kind, name])
    assert words in str(end.value.code) and not capsys.readouterr().out


def test_it_says_where_it_must_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main.main(["new", "arch", "mynet"])
    assert "run from the top of the repository" in str(end.value.code)
