"""Where a command reads and writes: no recording or model is overwritten, an empty word is no folder, and each says where to run it."""

from pathlib import Path

import pytest
from support.commands import ended, refusal

MODEL = "cnn/conv"


def misused(capsys, *words):
    assert ended(*words) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["explain", MODEL, "song.flac", "--to", "song.flac"], "'song.flac' does not end in .png"),
        (["explain", MODEL, "song.flac", "--to", "song.gif"], "'song.gif' does not end in .png"),
        (["export", MODEL, "--onnx", "--to", "model.pt"], "'model.pt' does not end in .onnx"),
        (["export", MODEL, "--onnx", "--to", "graph.json"], "'graph.json' does not end in .onnx"),
        (["card", MODEL, "--to", "song.flac"], "'song.flac' does not end in .md or .txt"),
        (["doctor", ".", "--page", "groups.csv"], "'groups.csv' does not end in .html or .htm"),
    ],
    ids=lambda words: words[-1] if isinstance(words, list) else None,
)
def test_a_name_of_another_format_is_refused_and_its_file_kept(tmp_path, monkeypatch, capsys, words, expected):
    monkeypatch.chdir(tmp_path)
    Path(words[-1]).write_text("of the user")
    assert expected in misused(capsys, *words)
    assert Path(words[-1]).read_text() == "of the user"


@pytest.mark.parametrize(
    "words", [["doctor", ""], ["groups", ""], ["music", ""], ["check-encoder", ""], ["use", ""], ["apply-search", ""],
              ["doctor", ".", "--page", ""]], ids=" ".join,
)  # fmt: skip
def test_an_empty_word_is_refused(capsys, words):
    assert "it is empty" in misused(capsys, *words)


@pytest.mark.parametrize("word", ["https://example.org/x.mp3", "S3://bucket/songs", "-"])
@pytest.mark.parametrize(
    "words", [["predict", MODEL, "song.mp3"], ["explain", MODEL], ["evaluate", MODEL], ["music"], ["card", MODEL, "--to"]],
    ids=" ".join,
)  # fmt: skip
def test_what_names_no_file_is_refused_as_it_was_typed(tmp_path, monkeypatch, capsys, words, word):
    monkeypatch.chdir(tmp_path)
    said = misused(capsys, *words, word)
    assert f"{word!r} is" in said and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words",
    [["predict", MODEL, "song.mp3"], ["card", MODEL], ["apply-search", "small"], ["weights", "verify"], ["use"],
     ["weights", "fetch", "resnet18"], ["kaggle-score", "mlp/small", ".5"], ["music", "."], ["diff", "main"]],
    ids=" ".join,
)  # fmt: skip
def test_elsewhere_each_command_says_where_to_run_it(tmp_path, monkeypatch, words):
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    assert "run from the top of the repository" in refusal(*words)


@pytest.mark.parametrize("command", ["doctor", "groups", "music"])
def test_data_that_dvc_has_not_fetched_yet_are_said_to_be_that(tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("dataset: {}\n")
    Path("data").mkdir()
    Path("data/my music.dvc").touch()
    assert "; `dvc pull 'data/my music.dvc'` fetches it" in refusal(command, "data/my music")
