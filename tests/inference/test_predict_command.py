"""`dalsegno predict`: its formats, and that a bad file gets a message while the rest goes on."""

import csv
import io
import json
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch
import yaml
from support import small_run, stored
from support.commands import refusal

from dalsegno.artefacts.learning import model_pt
from dalsegno.cli import main
from dalsegno.cli.listening import predict
from dalsegno.inference import model
from dalsegno.inference.stored import find
from dalsegno.pipeline.errors import UserError

FILE = "sounds/hum/1.flac"


def said(capsys, *words, code=0):
    """What the command prints, and its messages; `code` is its exit code."""
    try:
        main.main(["predict", *map(str, words)])
    except SystemExit as end:
        assert end.code == code
    else:
        assert code == 0
    return capsys.readouterr()


def test_csv_has_a_row_per_class_the_most_probable_first(run, capsys):
    rows = list(csv.DictReader(io.StringIO(said(capsys, "cnn/crops", FILE, "--format", "csv").out)))
    p = model.load("cnn/crops").clip(Path(FILE))
    assert list(rows[0]) == ["path", "label", "probability"] and {row["path"] for row in rows} == {FILE}
    assert [row["label"] for row in rows] == [small_run.LABELS[i] for i in np.argsort(-p)]
    assert np.allclose([float(row["probability"]) for row in rows], np.sort(p)[::-1], atol=1e-6)


def test_a_folder_is_walked_and_json_is_a_document(run, capsys):
    document = json.loads(said(capsys, "classical/svm", "sounds", "--format", "json", "--top", "1").out)
    assert len(document) == 24 and all(list(entry["probabilities"]) == [entry["label"]] for entry in document)


def test_below_the_threshold_it_abstains(run, capsys):
    assert "none is probable enough" in said(capsys, "classical/majority", FILE, "--threshold", "0.9").out
    rows = said(capsys, "classical/majority", FILE, "--threshold", "0.9", "--format", "csv").out.splitlines()
    assert len(rows) == 2 and rows[1].startswith(f"{FILE},,0.3")
    (entry,) = json.loads(said(capsys, "classical/majority", FILE, "--threshold", "0.9", "--format", "json").out)
    assert entry["label"] is None and f"{FILE},,{entry['probability']:.6f}" == rows[1]


def test_an_ensemble_that_cannot_answer_names_the_member_and_stops_no_other(run, tmp_path, monkeypatch):
    doc = yaml.safe_load(Path("params.yaml").read_text())
    doc["ensembles"] |= {"theirs": ["cnn/crops", "external/keras"], "gone": ["cnn/crops", "cnn/gone"]}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(doc))
    (tmp_path / "runs").symlink_to(run / "runs")
    file = Path("sounds/hum/3.wav").resolve()
    monkeypatch.chdir(tmp_path)
    assert model.load("ensembles/both").clip(file).sum() == pytest.approx(1)
    with pytest.raises(
        UserError, match="ensembles/theirs: its member external/keras: its predictions were made elsewhere"
    ):
        model.load("ensembles/theirs")
    with pytest.raises(UserError, match="ensembles/gone: its member cnn/gone: there is no such model"):
        model.load("ensembles/gone")


@pytest.mark.parametrize("name", ["cnn/wave", "transfer/published", "mlp/plain", "ensembles/both"])
def test_a_timeline_hears_each_part_as_a_clip(run, capsys, tmp_path, name):
    rate_hz = 16000
    parts = [small_run.samples(label, 3, 1.0, rate_hz) for label in small_run.LABELS]
    sf.write(tmp_path / "long.wav", np.concatenate([*parts, parts[0][:4000]]), rate_hz, subtype="FLOAT")
    found = json.loads(said(capsys, name, tmp_path / "long.wav", "--timeline", "1", "--format", "json").out)
    assert [(entry["start_s"], entry["stop_s"]) for entry in found] == [(0, 1), (1, 2), (2, 3), (3, 3.25)]
    asked = model.load(name)
    for entry, samples in zip(found, [*parts, parts[0][:4000]], strict=True):
        sf.write(tmp_path / "part.wav", samples, rate_hz, subtype="FLOAT")
        alone = asked.clip(tmp_path / "part.wav")
        assert np.allclose([entry["probabilities"][label] for label in asked.labels], alone, atol=2e-6)


def bad_files(folder):
    """What cannot be read, by name with a word of the message, and what can although it looks odd."""
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("no sound")
    sf.write(folder / "none.wav", np.zeros(0), 8000)
    sf.write(folder / "nan.wav", np.full(8000, np.nan, np.float32), 8000, subtype="FLOAT")
    (folder / "talk.m4a").write_bytes(b"\0\0\0\x18ftypM4A ")
    shutil.copy(FILE, folder / "cut.flac")
    (folder / "cut.flac").write_bytes((folder / "cut.flac").read_bytes()[:200])
    good = {"ünïcödé 音.flac": None, "0.2 s.wav": 0.2, "one.wav": 1 / 8000, "silence.wav": 0.0}
    for name, seconds in good.items():
        if seconds is None:
            shutil.copy(FILE, folder / name)
        else:
            n = max(1, round(seconds * 8000)) if seconds else 8000
            sf.write(folder / name, np.zeros(n) if not seconds else np.full(n, 0.3), 8000)
    (folder / "inner").mkdir()
    (folder / "inner" / "back").symlink_to(folder)
    os.mkfifo(folder / "pipe.wav")
    (folder / "link.wav").symlink_to("nowhere")
    shutil.copy(FILE, folder / "inner" / "0.2 s.wav")  # two files of one name
    return ["empty.wav", "text.wav", "none.wav", "nan.wav", "talk.m4a", "cut.flac", "pipe.wav", "link.wav", "back"], [
        *good,
        "inner/0.2 s.wav",
    ]


@pytest.mark.parametrize(
    "name", ["cnn/crops", "cnn/shown", "cnn/wave", "transfer/frozen", "mlp/plain", "classical/svm"]
)
def test_each_bad_file_gets_a_message_and_the_rest_an_answer(run, capsys, tmp_path, name):
    bad, good = bad_files(tmp_path)
    printed = said(
        capsys, name, tmp_path, tmp_path / "nowhere.wav", "--format", "csv", "--top", "1", code=predict.UNREAD
    )
    answered = [row["path"] for row in csv.DictReader(io.StringIO(printed.out))]
    assert sorted(answered) == sorted(str(tmp_path / file) for file in good)
    messages = [line for line in printed.err.splitlines() if line.startswith("dalsegno: ")]
    assert len(messages) == len(bad) + 1 and all(
        any(file in line for line in messages) for file in [*bad, "nowhere.wav"]
    )
    assert any("inner/back: a link to a folder that is read anyway" in line for line in messages)
    assert any("ffmpeg" in line for line in messages) and any("not a finite number" in line for line in messages)


@pytest.mark.parametrize("name", ["cnn/crops", "transfer/frozen", "mlp/plain"])
def test_a_gpu_that_is_too_small_is_told_with_what_to_do(run, capsys, monkeypatch, name):
    def too_large(*args):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has 1 GiB.")

    monkeypatch.setattr(torch.Tensor, "softmax", too_large)
    message = said(capsys, name, FILE, code=predict.UNREAD).err
    assert f"{FILE}: the GPU does not have enough memory (Tried to allocate 2.00 GiB): end what else uses it" in message
    assert "CUDA_VISIBLE_DEVICES" in message and "Traceback" not in message


def test_a_folder_without_sound_says_what_it_holds(run, capsys, tmp_path):
    (tmp_path / "notes.txt").touch()
    assert (
        "holds nothing that the model takes, only 1 of .txt"
        in said(capsys, "cnn/crops", tmp_path, code=predict.UNREAD).err
    )


def test_a_network_that_is_called_from_scratch_is_no_twin_of_another_family(run, monkeypatch, tmp_path):
    monkeypatch.setattr(find, "RUNS", tmp_path)
    file = tmp_path / "cnn/crops-scratch/model.pt"
    file.parent.mkdir(parents=True)
    file.touch()
    known = find.keys()
    assert "cnn/crops-scratch" in known and find.files("cnn/crops-scratch") == [file]


def test_a_model_that_is_not_there_is_named_with_those_that_are(run):
    message = refusal("predict", "cnn/crop", FILE)
    assert (
        "did you mean 'cnn/crops'?" in message and "transfer/tuned-scratch" in message and "ensembles/both" in message
    )
    assert "no such model" in refusal("predict", "nowhere/model.pt", FILE) and "no such ensemble" in refusal(
        "predict", "ensembles/bot", FILE
    )


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("cnn/crops", lambda saved: saved.pop("format"), "an earlier version"),
        ("cnn/crops", lambda saved: saved.update(format=7), "format 7"),
        ("cnn/crops", lambda saved: saved.update(arch="gone"), "there is no 'gone'"),
        ("cnn/crops", lambda saved: saved["model"].update(depth=3), "settings that this version does not know"),
        ("cnn/crops", lambda saved: saved["runs"][0]["state"].popitem(), "do not fit the network"),
        ("cnn/crops", lambda saved: saved["spectrogram"].pop("options"), "how its spectrogram is computed"),
        ("cnn/crops", lambda saved: saved["spectrogram"].update(kind="gone"), "there is no 'gone'"),
        ("cnn/crops", lambda saved: saved.pop("labels"), "names no classes"),
        ("mlp/plain", lambda saved: saved.update(settings=None), "computed elsewhere"),
        ("mlp/plain", lambda saved: saved["settings"].update(use=["gone"]), "does not know"),
        ("classical/svm", lambda saved: saved.pop("features"), "not a whole one"),
        ("classical/svm", lambda saved: saved.update(format=7), "format 7"),
    ],
)  # fmt: skip
def test_a_model_of_another_version_says_so(run, tmp_path, name, change, words):
    assert words in refusal("predict", stored.changed(f"runs/{name}", change, tmp_path), FILE)


def test_a_model_on_other_features_is_refused(run, tmp_path, capsys):
    saved = model_pt.load("runs/mlp/plain/model.pt")
    saved["features"][0] = "sharpness_mean"
    model_pt.save(tmp_path / "model.pt", saved)
    assert "other features" in said(capsys, tmp_path / "model.pt", FILE, code=predict.UNREAD).err


@pytest.mark.parametrize("content", [b"", b"params: {}", b"fLaC\0\0\0"])
def test_a_file_that_is_no_model_is_refused_as_such(run, tmp_path, content):
    (tmp_path / "song.flac").write_bytes(content)
    assert "song.flac: not a stored model; expected model.pt or model.npz of a run" in refusal(
        "predict", tmp_path / "song.flac", FILE
    )


class Hostile:
    def __reduce__(self):
        return (Path.touch, (Path("ran"),))


def test_a_damaged_or_hostile_model_is_refused_and_nothing_runs(run, tmp_path, monkeypatch):
    whole = Path("runs/cnn/crops/model.pt").read_bytes()
    (tmp_path / "model.pt").write_bytes(whole[: len(whole) // 2])
    assert "perhaps cut short" in refusal("predict", tmp_path / "model.pt", FILE)
    whole = Path("runs/classical/svm/model.npz").read_bytes()
    (tmp_path / "model.npz").write_bytes(whole[: len(whole) // 2])
    assert "perhaps cut short" in refusal("predict", tmp_path / "model.npz", FILE)
    np.savez(tmp_path / "model.npz", content=np.array([Hostile()], dtype=object))
    assert "not a readable model" in refusal("predict", tmp_path / "model.npz", FILE) and not Path("ran").exists()
    torch.save({"labels": Hostile(), "runs": []}, tmp_path / "model.pt")
    assert "refused" in refusal("predict", tmp_path / "model.pt", FILE) and not Path("ran").exists()


def test_pictures_and_sound_are_kept_apart(of_pictures, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(of_pictures)
    sf.write(tmp_path / "x.wav", np.zeros(100), 8000)
    assert "cannot be read" in said(capsys, "cnn/pictures", tmp_path / "x.wav", code=predict.UNREAD).err
    assert "holds nothing that the model takes" in said(capsys, "cnn/pictures", tmp_path, code=predict.UNREAD).err
    picture = "pictures/hum/0.png"
    assert "cannot be cut by time" in said(capsys, "cnn/pictures", picture, "--timeline", code=predict.UNREAD).err


@pytest.mark.parametrize("name", ["cnn/crops", "mlp/plain", "classical/svm"])
def test_a_model_of_which_one_bit_has_changed_is_refused(run, tmp_path, name):
    """PyTorch reads it without a complaint, and would answer otherwise."""
    source = stored.file(f"runs/{name}")
    with zipfile.ZipFile(source) as archive:
        parts = [part for part in archive.namelist() if part.rpartition("/")[2].removesuffix(".npy").isdecimal()]
        part = max(parts, key=lambda part: archive.getinfo(part).file_size)
        content = archive.read(part)
    whole = bytearray(source.read_bytes())
    whole[whole.index(content) + len(content) - 2] ^= 0x40  # of the exponent of its last number
    (tmp_path / source.name).write_bytes(whole)
    assert f"damaged: {part} in it has another checksum" in refusal("predict", tmp_path / source.name, FILE)
