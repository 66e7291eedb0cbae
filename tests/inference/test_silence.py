"""A file without a sound to judge by gets no answer at any door, in the words by which the stage clips leaves it out."""

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from support import small_run

from dalsegno.cli import main
from dalsegno.cli.listening import answers
from dalsegno.clips import inspect_audio
from dalsegno.inference import demo, model, portrait, saliency
from dalsegno.inference.asked import Answer
from dalsegno.inference.hearing.silence import SHORTEST_S, Unheard

RATE_HZ = 8000
TONE = small_run.samples("hum", 1, 1.0, RATE_HZ)
SILENT = "no answer, as it is silent: nothing above -80 dB"
SOUNDLESS = {
    "zeros": (np.zeros(RATE_HZ), SILENT),
    "constant": (np.full(RATE_HZ, 0.3), SILENT),
    "faint": (4e-5 * TONE, SILENT),
    "one": (np.full(1, 0.3), "no answer, as it is too short: 0.000 s"),
    "scrap": (TONE[: round(SHORTEST_S * RATE_HZ) - 1], "no answer, as it is too short: 0.050 s"),
    "cancel": (
        np.stack([TONE, -TONE], 1),
        "no answer, as it is silent: its channels cancel, and their mean, which is what counts, has nothing above",
    ),
}


def soundless(folder):
    """Files without a sound, by path, each with what is said of it."""
    for name, (samples, _) in SOUNDLESS.items():
        sf.write(folder / f"{name}.wav", samples, RATE_HZ, subtype="FLOAT")
    return {str(folder / f"{name}.wav"): words for name, (_, words) in SOUNDLESS.items()}


def printed(capsys, *words):
    main.main(list(map(str, words)))
    return capsys.readouterr().out


@pytest.mark.parametrize("name", ["classical/svm", "mlp/plain", "cnn/crops", "transfer/frozen", "ensembles/both"])
def test_predict_names_no_class_and_says_why_in_every_format(run, capsys, tmp_path, name):
    said = soundless(tmp_path)
    shutil.copy("sounds/hum/1.flac", tmp_path / "sound.flac")
    entries = {e["path"]: e for e in json.loads(printed(capsys, "predict", name, tmp_path, "--format", "json"))}
    for path, words in said.items():
        assert entries[path]["note"].startswith(words)
        assert (
            entries[path]["label"] is entries[path]["probability"] is None
            and entries[path]["probabilities"] == {}
            and "error" not in entries[path]
        )
    sound = entries[str(tmp_path / "sound.flac")]
    assert sound["label"] and "note" not in sound
    rows = list(csv.DictReader(io.StringIO(printed(capsys, "predict", name, tmp_path, "--format", "csv"))))
    assert {row["path"] for row in rows if (row["label"], row["probability"]) == ("", "")} == set(said)
    lines = printed(capsys, "predict", name, *said).splitlines()
    assert all(line.startswith(f"{path}  {words}") for line, (path, words) in zip(lines, said.items(), strict=True))


def test_what_is_just_loud_and_long_enough_gets_an_answer(run, tmp_path):
    asked = model.load("classical/svm")
    for samples in (1.1e-4 * TONE, TONE[: round(SHORTEST_S * RATE_HZ)], np.concatenate([np.zeros(90 * RATE_HZ), TONE])):
        sf.write(tmp_path / "x.wav", samples, RATE_HZ, subtype="FLOAT")
        assert inspect_audio.inspect(tmp_path / "x.wav", SHORTEST_S, False).fault == ""
        assert asked.clip(tmp_path / "x.wav").sum() == pytest.approx(1)


def test_a_timeline_passes_over_pauses(run, capsys, tmp_path):
    sf.write(tmp_path / "x.wav", np.concatenate([TONE, np.zeros(RATE_HZ), TONE, TONE[:80]]), RATE_HZ)
    words = ("predict", "cnn/crops", tmp_path / "x.wav", "--timeline", "1", "--format")
    parts = json.loads(printed(capsys, *words, "json"))
    assert [(part["start_s"], part["label"] is None) for part in parts] == [
        (0, False),
        (1, True),
        (2, False),
        (3, True),
    ]
    assert parts[1]["note"] == SILENT and parts[3]["note"] == "no answer, as it is too short: 0.010 s"
    assert "x.wav,1.000,2.000,,\n" in printed(capsys, *words, "csv")
    assert f"0:01.0–0:02.0  {SILENT}\n" in printed(capsys, *words, "table")


def test_a_time_that_is_rounded_up_to_a_minute_is_one(capsys):
    table = answers.Table(["a", "b"], 1, 0.0, True)
    table.add(Answer(Path("x.wav"), np.array([0.7, 0.3]), 119.94, 179.97))
    assert capsys.readouterr().out == "x.wav  1:59.9–3:00.0  a 70.0%\n"


def test_evaluate_scores_the_others_and_counts_them(run, capsys, tmp_path):
    shutil.copytree("sounds", tmp_path / "sounds")
    said = soundless(tmp_path / "sounds/hum")
    words = ("evaluate", "classical/svm", tmp_path / "sounds")
    scores = json.loads(printed(capsys, *words, "--json"))
    assert scores["clips"] == 24 and scores["unread"] == []
    assert {entry["path"] for entry in scores["unheard"]} == set(said)
    assert f"{len(said)} files not scored, because there is no sound to judge by:" in printed(capsys, *words)


@pytest.mark.parametrize("name", ["cnn/crops", "classical/svm"])
def test_explain_refuses_them_and_leaves_a_gap_in_the_timeline(run, capsys, tmp_path, name):
    for path, words in soundless(tmp_path).items():
        with pytest.raises(SystemExit) as end:
            main.main(["explain", name, path, "--to", str(tmp_path / "x.png")])
        assert str(end.value.code).startswith(f"dalsegno: {path}: {words}")
    sf.write(tmp_path / "x.wav", np.concatenate([TONE, np.zeros(8 * RATE_HZ), TONE]), RATE_HZ)
    drawn = portrait.explained(model.load(name), tmp_path / "x.wav")
    heard = np.isfinite(drawn.over_time).all(1)
    assert heard[0] and heard[-1] and not heard[len(heard) // 2] and portrait.png(drawn)


def test_a_long_recording_that_begins_in_silence_is_named_by_its_own_path(run, tmp_path):
    path = tmp_path / "late.wav"
    sf.write(path, np.concatenate([np.zeros(31 * RATE_HZ), TONE]), RATE_HZ)
    with pytest.raises(ValueError, match=r"late\.wav: in its first 30 s, which are explained: no answer, as it is sil"):
        portrait.explained(model.load("classical/svm"), path)


def test_the_only_sound_of_a_clip_can_be_hidden(run, tmp_path):
    """A model is then asked about silence, which tells how much the sound matters."""
    sf.write(tmp_path / "x.wav", np.concatenate([np.zeros(RATE_HZ), TONE, np.zeros(RATE_HZ)]), RATE_HZ)
    found = saliency.of_sound(model.load("classical/logistic"), tmp_path / "x.wav", 0, n_stretches=3)
    assert np.flatnonzero(found.nats[0]).tolist() == [1]


def test_the_page_shows_the_same_words(run, tmp_path):
    path = Path(next(iter(soundless(tmp_path))))
    with pytest.raises(Unheard, match=SILENT):
        demo._answers([model.load("classical/svm")], path)
