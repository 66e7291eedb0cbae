"""What a stage is watched for: what entries that are gone have left is removed, and what was edited meanwhile is told."""

import pytest
import yaml
from support.recipe_trees import HERE

from dalsegno.pipeline import params, stage
from dalsegno.pipeline.lineage import edited, leftovers

STAGES = params.document(HERE / "dvc.yaml")["stages"]
LOCK = "schema: '2.0'\nstages:\n  mlp@small:\n    cmd: …\n  mlp@old-2:\n    cmd: …\n  spectrograms@old:\n    cmd: …\n  clips:\n"
ENTRIES = {"mlp": {"small": {}}, "spectrograms": {}}
LEFT = [
    "runs/mlp/old-2/predictions.parquet",
    "data/costs/spectrograms/old.json",
    "metrics/mlp/old-2/metrics.json",
    "metrics/mlp/old-2/plots/metrics/val_loss/fold0_seed0.tsv",
]
OTHERS = [
    "runs/mlp/small/predictions.parquet",
    "metrics/mlp/small/metrics.json",
    "runs/mlp/by_hand/notes.txt",
    "data/spectrograms/old/meta.json",
]
MEASURED = ["metrics/mlp/old-2/metrics.json", "metrics/mlp/old-2/plots"]
GIVEN = {
    "nets/a.pt": "embeddings@ours", "lists/train.txt": "splits", "others.csv": "external@other", "metrics/kaggle.csv": "compare",
    "versions.yaml": "cnn@conv", "data/spectrograms/logmel/frames.npy": "cnn@conv",
}  # fmt: skip
"""Inputs beside parameters and code, and a stage that reads each."""


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in [*LEFT, *OTHERS]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


def test_leftovers_are_outputs_of_entries_that_are_gone_in_folders_that_a_stage_reads_whole_and_their_metrics(
    tree, monkeypatch
):
    def left(address, entries=ENTRIES, lock=LOCK, linked=()):
        monkeypatch.setattr(leftovers, "_linked", lambda: linked)
        return leftovers.leftovers(address, STAGES, entries, lock)

    assert left("compare") == ["data/costs/spectrograms/old.json", "runs/mlp/old-2", *MEASURED]
    assert left("report") == ["runs/mlp/old-2", *MEASURED]
    assert left("cnn@conv") == []  # it reads one store, not all of them
    assert left("compare", ENTRIES | {"mlp": None}, lock="") == []  # of which DVC made nothing
    assert left("search/dvc.yaml:search@small") == []
    # of another branch, from which somebody switched without `dvc checkout`
    assert left("report", lock="", linked=["runs/mlp/old-2", "runs/mlp/small"]) == ["runs/mlp/old-2", *MEASURED]


def test_outputs_and_metrics_of_a_family_are_found_however_dvc_lets_them_be_written_and_nothing_else_is(tree):
    """A text is no list of letters, of which `/` would be the whole disk; what several entries share is of none."""
    mlp = {
        "outs": [{"runs/mlp/${key}": {"persist": True}}, "runs"],
        "metrics": ["metrics/mlp/${key}/metrics.json", "metrics"],
    }
    stages = {"compare": STAGES["compare"], "mlp": {"foreach": "${mlp}", "do": mlp}}
    assert leftovers.leftovers("compare", stages, ENTRIES, LOCK) == ["runs/mlp/old-2", MEASURED[0]]


def test_a_stage_that_dvc_runs_removes_leftovers_first_and_says_so(tree, monkeypatch, capsys):
    (tree / "dvc.yaml").write_text(yaml.safe_dump({"stages": STAGES}))
    (tree / "params.yaml").write_text(yaml.safe_dump(ENTRIES))
    (tree / "dvc.lock").write_text(LOCK, encoding="utf-8")
    stage.run(lambda *_: None)
    assert all((tree / name).exists() for name in [*LEFT, *OTHERS])  # nobody removes what DVC does not look after
    monkeypatch.setenv("DVC_STAGE", "compare")
    stage.run(lambda *_: print("ran"))
    said = capsys.readouterr().out.splitlines()
    assert said[1:] == [
        *(
            f"{path}: removed, as params.yaml no longer has this entry"
            for path in ("data/costs/spectrograms/old.json", "runs/mlp/old-2", *MEASURED)
        ),
        "ran",
    ]
    assert not any((tree / name).exists() for name in LEFT) and all((tree / name).exists() for name in OTHERS)


def test_a_key_that_would_be_two_words_of_the_command_is_refused_in_words(tree, monkeypatch, capsys):
    (tree / "params.yaml").write_text(yaml.safe_dump({"classical": {"my svm": {"estimator": "svm"}}}))
    monkeypatch.setenv("DVC_STAGE", "classical@my svm")
    monkeypatch.setattr("sys.argv", [str(HERE / "stages/classical.py"), "my", "svm", "data/features.parquet"])
    with pytest.raises(SystemExit):
        stage.run(lambda key: None)
    assert "\n  classical: 'my svm' cannot name an entry; expected a word" in capsys.readouterr().err


@pytest.fixture
def running(tree, monkeypatch):
    """The repository of one model, of which DVC runs the stage, and a function that edits params.yaml."""
    entries = {"cnn": {"conv": {"arch": "conv", "spectrogram": "logmel", "lr": 1}, "other": {"lr": 1}}, "runtime": {}}
    (tree / "dvc.yaml").write_text(yaml.safe_dump({"stages": STAGES}))
    (tree / "params.yaml").write_text(yaml.safe_dump(entries))
    code = [f"src/dalsegno/{name}.py" for name in ("training/train", "models/conv", "models/resnet")]
    for name in [*code, *GIVEN]:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("torch: 2.11.0\nlibrosa: 0.11.0\n" if name == "versions.yaml" else "a = 1\n")
    monkeypatch.setenv("DVC_STAGE", "cnn@conv")

    def put(entry, value):
        doc = params.document()
        doc["cnn"][entry]["lr"] = value
        (tree / "params.yaml").write_text(yaml.safe_dump(doc))

    return tree, put


@pytest.mark.parametrize("name", ["cnn.conv", "src/dalsegno/models/conv.py", "src/dalsegno/training/train.py"])
def test_a_stage_fails_whose_parameters_or_code_were_edited_while_it_ran(running, capsys, name):
    """DVC records inputs at the end: it would keep what the old rate gave as the result of the new one."""
    tree, put = running
    edit = (lambda: put("conv", 2)) if name == "cnn.conv" else (lambda: (tree / name).write_text("a = 2\n"))
    with pytest.raises(SystemExit):
        stage.run(lambda *_: edit())
    assert f"edited while this stage ran: {name}. " in capsys.readouterr().err


@pytest.mark.parametrize(("name", "of"), GIVEN.items())
def test_a_stage_fails_whose_data_or_versions_were_edited_while_it_ran(running, monkeypatch, capsys, name, of):
    """Weights that are replaced, a list of the split, predictions made elsewhere, the score on Kaggle, a new torch."""
    tree, _ = running
    entries = yaml.safe_load((tree / "params.yaml").read_text())
    entries |= {"embeddings": {"ours": {"weights": "nets/a.pt", "spectrogram": "logmel"}}, "splits": {"file": "lists"}}
    entries |= {"external": {"other": {"file": "others.csv"}}}
    (tree / "params.yaml").write_text(yaml.safe_dump(entries))
    monkeypatch.setenv("DVC_STAGE", of)
    with pytest.raises(SystemExit):
        stage.run(lambda *_: (tree / name).write_text("torch: 2.12.0\nlibrosa: 0.12.0\n"))
    shown = "torch in versions.yaml" if name == "versions.yaml" else name
    assert f"edited while this stage ran: {shown}. " in capsys.readouterr().err


def test_a_search_fails_whose_subject_was_edited_while_it_ran(running, monkeypatch, capsys):
    tree, put = running
    entries = yaml.safe_load((tree / "params.yaml").read_text()) | {"search": {"small": {"of": "cnn.conv"}}}
    (tree / "params.yaml").write_text(yaml.safe_dump(entries))
    (tree / "search").mkdir()
    (tree / "search/dvc.yaml").write_text((HERE / "search/dvc.yaml").read_text())
    monkeypatch.setenv("DVC_STAGE", "search/dvc.yaml:search@small")
    with pytest.raises(SystemExit):
        stage.run(lambda *_: put("conv", 2))
    said = capsys.readouterr()
    assert said.out == "" and "edited while this stage ran: cnn.conv. " in said.err
    assert "`dvc commit -f search/dvc.yaml:search@small`" in said.err


def test_what_a_stage_does_not_read_may_be_edited_while_it_runs(running):
    tree, put = running

    def main(*_):
        put("other", 2)
        (tree / "src/dalsegno/models/resnet.py").write_text("a = 2\n")
        (tree / "src/dalsegno/models/conv.py").touch()
        (tree / "versions.yaml").write_text("torch: 2.11.0\nlibrosa: 0.12.0\n")
        (tree / "data/spectrograms/logmel/.frames.npy.00000001.part").touch()
        (tree / "data/spectrograms/logmel/.DS_Store").touch()
        (tree / "src/dalsegno/training/.train.py.swp").touch()
        (tree / "src/dalsegno/training/__pycache__").mkdir()
        (tree / "src/dalsegno/training/__pycache__/train.pyc").touch()

    stage.run(main)


def test_what_dvc_ignores_in_a_folder_may_change_while_a_stage_runs():
    lines = (HERE / ".dvcignore").read_text().splitlines()
    assert list(edited.IGNORED) == [line for line in lines if not line.startswith("#")]


def test_an_entry_that_is_taken_out_while_its_stage_runs_is_named(running, capsys):
    tree, _ = running
    with pytest.raises(SystemExit):
        stage.run(lambda *_: (tree / "params.yaml").write_text("cnn: {}\nruntime: {}\n"))
    assert "edited while this stage ran: cnn.conv. " in capsys.readouterr().err


def test_every_input_of_every_stage_is_found(monkeypatch):
    monkeypatch.chdir(HERE)
    entries = params.document()
    for family, raw in STAGES.items():
        for key in entries[family] if "foreach" in raw else [""]:
            named = edited.inputs(f"{family}@{key}" if key else family, STAGES, entries)
            found = edited.state(named, entries)
            made = [path for path in named.paths if path.startswith(("data/", "runs/", "reports/")) or path == "runs"]
            inputs = [*named.parameters, *(f"{package} in versions.yaml" for package in named.packages), *named.paths]
            assert f"stages/{family}.py" in found and {name for name in found if found[name] is None} <= {*made}
            assert all(name in found or any(path.startswith(f"{name}/") for path in found) for name in inputs)
