"""Every command that reads params.yaml says what is wrong with it, and leaves it as it is."""

from pathlib import Path

import pytest
from cli.test_cli import PARAMS
from support.commands import refusal

BROKEN = {
    "empty": b"",
    "a list": b"- a\n",
    "a word": b"x",
    "not YAML": b"a: [",
    "tabs": PARAMS.replace("  root:", "\troot:", 1).encode(),
    "Latin-1": PARAMS.encode() + b"# \xe9",
    "UTF-16": PARAMS.encode("utf-16"),
    "a null character": b"a: \0",
    "two documents": b"dataset: {name: folders, root: x}\n---\na: 1\n",
    "words for sections": b"dataset: x\ncnn: x\nensembles: 1\npackaged: 3\nclassical: 5\nsearch: 7\n",
    "lists for sections": b"dataset: [1]\ncnn: [x]\nensembles: [a]\npackaged: [a]\nclassical: [a]\nsearch: [a]\n",
}


@pytest.mark.parametrize(
    "command",
    ["check", "music m", "apply-search q", "doctor m --dataset table", "groups m --dataset table", "predict cnn/conv x.wav",
     "evaluate cnn/conv m", "explain cnn/conv x.wav", "card cnn/conv", "kaggle-score cnn/conv 0.5"],
)  # fmt: skip
@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_ends_in_a_plain_word(tmp_path, monkeypatch, command, content):
    monkeypatch.chdir(tmp_path)
    for folder in ("m/a", "m/b", "stages", ".git", ".dvc", "data/searches/q"):
        Path(folder).mkdir(parents=True)
    Path("data/searches/q/best.yaml").write_text("mlp.small: {train.lr: 0.1}\n")
    Path("params.yaml").write_bytes(content)
    assert refusal(*command.split())
    assert Path("params.yaml").read_bytes() == content


@pytest.mark.parametrize("content", [b"", b"[1]", b"{a", b"mlp.small: 3", b"\xff"])
def test_a_search_whose_best_values_are_broken_ends_in_a_plain_word(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    Path("data/searches/q").mkdir(parents=True)
    Path("data/searches/q/best.yaml").write_bytes(content)
    Path("params.yaml").write_text(PARAMS)
    assert "data/searches/q/best.yaml" in refusal("apply-search", "q")
    assert Path("params.yaml").read_text() == PARAMS
