"""`dalsegno evaluate`: on the clips of its own run a model gets the scores that their predictions make."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from support import small_run, stored
from support.commands import refusal

from dalsegno.artefacts import model_npz
from dalsegno.cli import main


def evaluated(capsys, *words):
    main.main(["evaluate", *map(str, words), "--json"])
    return json.loads(capsys.readouterr().out)


def test_scores_are_those_of_the_predictions(run, capsys):
    scores = evaluated(capsys, "classical/logistic", "sounds")
    rows = small_run.by_the_pipeline("runs/classical/logistic")
    right = [
        path.split("/")[0] == small_run.LABELS[int(np.argmax(row))]
        for path, row in zip(rows.index, rows.to_numpy(), strict=True)
    ]
    assert scores["clips"] == 24 and scores["accuracy"] == pytest.approx(np.mean(right))
    assert scores["accuracy_low"] < scores["accuracy"] <= scores["accuracy_high"] <= 1
    assert np.sum(scores["confusion"]) == 24 and np.trace(scores["confusion"]) == sum(right)


def test_the_confidence_is_the_one_asked_for(run, capsys):
    assert evaluated(capsys, "classical/majority", "sounds", "--confidence", "0.8")["confidence"] == 0.8
    assert "--confidence is 0.5; expected more than 0.5" in refusal(
        "evaluate", "classical/majority", "sounds", "--confidence", "0.5"
    )


def test_nothing_is_told_that_is_known_of_three_classes(run, capsys):
    main.main(["evaluate", "classical/logistic", "sounds"])
    table = capsys.readouterr().out
    assert "macro f1" in table and "top 3" not in table


@pytest.fixture
def elsewhere(run, tmp_path):
    """Their hums are called Drone, their noises NOISE; pulses there are none, but speech."""
    for theirs, ours in {"Drone": "hum", "NOISE": "noise", "speech": "pulse"}.items():
        shutil.copytree(run / "sounds" / ours, tmp_path / theirs)
    (tmp_path / "NOISE" / "broken.wav").write_text("no sound")
    shutil.copy(tmp_path / "speech" / "1.flac", tmp_path / "loose.flac")
    return tmp_path


def test_what_has_no_counterpart_is_counted_and_named(elsewhere, capsys):
    scores = evaluated(capsys, "classical/logistic", elsewhere, "--labels", "Drone=hum")
    assert scores["clips"] == 16 and scores["no_counterpart"] == {"speech": 8} and scores["unlabelled"] == 0
    assert {Path(entry["path"]).name for entry in scores["unread"]} == {"broken.wav", "loose.flac"}
    main.main(["evaluate", "classical/logistic", str(elsewhere), "--labels", "Drone=hum"])
    printed = capsys.readouterr().out
    assert (
        "8 files not scored, of classes that the model does not know: “speech” (8)" in printed
        and "broken.wav" in printed
    )
    assert "on 16 clips" in printed and "macro f1" in printed


def test_names_may_hold_what_stands_between_pairs(elsewhere, capsys):
    (elsewhere / "Drone").rename(elsewhere / "a=b, c")
    scores = evaluated(capsys, "classical/logistic", elsewhere, "--labels", r"a\=b\, c=hum,speech=pulse")
    assert scores["clips"] == 24 and scores["no_counterpart"] == {}


def test_a_single_class_is_scored_and_folders_are_refused_in_words_of_this_command(run, capsys, tmp_path):
    shutil.copytree("sounds/hum", tmp_path / "one/hum")
    scores = evaluated(capsys, "classical/logistic", tmp_path / "one")
    assert scores["clips"] == 8 and 0 <= scores["accuracy"] <= 1
    said = [refusal("evaluate", "classical/logistic", tmp_path / name) for name in ("gone", "one/hum", "parts")]
    shutil.copytree("sounds", tmp_path / "parts/train")
    said.append(refusal("evaluate", "classical/logistic", tmp_path / "parts"))
    assert (
        "is not there" in said[0]
        and "outside of a class folder" in said[1]
        and "classes there are “train”, those of the model “hum”, “noise”, “pulse”" in said[3]
    )
    assert not any("dataset." in words or "split" in words for words in said)


def test_groups_widen_the_intervals(elsewhere, capsys):
    alone = evaluated(capsys, "classical/logistic", elsewhere, "--labels", "Drone=hum")
    paths = [path.relative_to(elsewhere).as_posix() for path in sorted(elsewhere.rglob("*.*")) if path.suffix != ".csv"]
    (elsewhere / "groups.csv").write_text("path,group\n" + "".join(f"{p},{p[0]}{i % 3}\n" for i, p in enumerate(paths)))
    grouped = evaluated(capsys, "classical/logistic", elsewhere, "--labels", "Drone=hum")
    assert (alone["units"], grouped["units"]) == (16, 6)


def test_why_a_score_has_no_interval_is_said(elsewhere, capsys):
    """Every Drone is of one artist, so nothing says how much artists differ; with one artist in all, nothing says anything."""
    named = ["evaluate", "classical/logistic", str(elsewhere), "--labels", "Drone=hum"]
    rows = [f"{path.relative_to(elsewhere)},one\n" for path in sorted((elsewhere / "Drone").iterdir())]
    (elsewhere / "groups.csv").write_text("path,group\n" + "".join(rows))
    main.main(named)
    printed = capsys.readouterr().out
    assert "on 16 clips of" in printed and "95% intervals over 9 groups\n" in printed
    assert (
        "scored clips are all of a single group, so that nobody can tell how much other groups of them would differ: “hum”."
        in printed
    )
    rows += [f"{path.relative_to(elsewhere)},one\n" for path in sorted((elsewhere / "NOISE").iterdir())]
    (elsewhere / "groups.csv").write_text("path,group\n" + "".join(rows))
    main.main(named)
    printed = capsys.readouterr().out
    assert "intervals over 1 group\n" in printed and "With a single independent group there is no interval." in printed


def test_names_that_are_not_there_are_refused(elsewhere):
    assert "the folder has no class 'Dron' (did you mean 'Drone'?)" in refusal(
        "evaluate", "cnn/crops", elsewhere, "--labels", "Dron=hum"
    )
    assert "the model has no class 'ham' (did you mean 'hum'?)" in refusal(
        "evaluate", "cnn/crops", elsewhere, "--labels", "Drone=ham"
    )
    shutil.rmtree(elsewhere / "NOISE")
    assert "no file has a class that the model knows" in refusal("evaluate", "cnn/crops", elsewhere)


def lay_out(folder, numbers, seconds):
    """Write the sounds of these numbers of every class, each class in a folder of its own."""
    for label in small_run.LABELS:
        (folder / label).mkdir()
        for i in numbers:
            sf.write(folder / label / f"{i}.wav", small_run.samples(label, i, seconds, 16000), 16000)


@pytest.fixture
def with_copies(run, tmp_path):
    """Nine sounds that no model knows, a clip of the run in another container, and one at another gain and rate."""
    lay_out(tmp_path, range(20, 23), 1.5)
    x, rate_hz = sf.read(run / "sounds/hum/4.flac", dtype="int16")
    sf.write(tmp_path / "hum/again.aiff", x, rate_hz)
    x, rate_hz = sf.read(run / "sounds/pulse/7.flac")
    sf.write(tmp_path / "pulse/quiet.wav", 0.4 * x, rate_hz)
    return tmp_path


@pytest.mark.parametrize("name", ["classical/svm", "cnn/crops", "transfer/frozen", "ensembles/both"])
def test_clips_that_the_model_was_trained_on_are_left_out_and_named(with_copies, capsys, name):
    scores = evaluated(capsys, name, with_copies)
    found = {Path(copy["path"]).name: (copy["kind"], copy["clip"]) for copy in scores["known"]}
    clips = pd.read_csv("data/clips.csv", dtype=str).set_index("path")["clip_id"]
    assert found == {"again.aiff": ("exact", clips["hum/4.flac"]), "quiet.wav": ("near", clips["pulse/7.flac"])}
    assert scores["clips"] == 9 and scores["with_known"]["clips"] == 11 and scores["unsaid"] == []
    main.main(["evaluate", name, str(with_copies)])
    printed = capsys.readouterr().out
    assert (
        "on 9 clips" in printed
        and "left out: 1 exact copy and 1 near copy of clips that the model was trained" in printed
    )
    assert f"with them its accuracy is {100 * scores['with_known']['accuracy']:.1f}%" in printed
    assert f"again.aiff: exact copy of {clips['hum/4.flac']}" in printed


def test_the_file_alone_tells_exact_copies_and_says_that_it_cannot_tell_near_ones(with_copies, capsys, monkeypatch):
    shutil.copy("runs/cnn/crops/model.pt", with_copies / "model.pt")
    monkeypatch.chdir(with_copies)
    scores = evaluated(capsys, "model.pt", ".")
    assert [Path(copy["path"]).name for copy in scores["known"]] == ["again.aiff"] and scores["clips"] == 10
    (said,) = scores["unsaid"]
    assert "only exact copies" in said


def test_on_its_own_clips_alone_a_model_is_said_to_remember(run, capsys):
    scores = evaluated(capsys, "cnn/crops", "sounds")
    assert scores["with_known"] is None and len(scores["known"]) == scores["clips"] == 24
    main.main(["evaluate", "cnn/crops", "sounds"])
    assert "the scores say what it remembers" in capsys.readouterr().out


def test_a_model_that_lists_no_clips_says_so(run, capsys, tmp_path):
    saved = stored.load("runs/classical/svm")
    for weights in saved["runs"]:
        del weights["clips"]
    model_npz.save(tmp_path / "model.npz", saved)
    scores = evaluated(capsys, tmp_path / "model.npz", "sounds")
    assert scores["known"] == [] and "does not list the clips" in scores["unsaid"][0]


def test_copies_within_the_collection_are_no_further_evidence(run, capsys, tmp_path):
    for label in small_run.LABELS:
        (tmp_path / label).mkdir()
        sf.write(tmp_path / label / "a.wav", small_run.samples(label, 9, 1.0, 16000), 16000)
    once = evaluated(capsys, "classical/logistic", tmp_path)
    for label in small_run.LABELS:
        for i in range(9):
            shutil.copy(tmp_path / label / "a.wav", tmp_path / label / f"{i}.wav")
        samples, rate_hz = sf.read(tmp_path / label / "a.wav", dtype="int16")
        sf.write(tmp_path / label / "b.flac", samples, rate_hz)  # the same in another container
    often = evaluated(capsys, "classical/logistic", tmp_path)
    assert (once["clips"], once["copies"]) == (3, 0) and often == once | {"copies": 30}
    main.main(["evaluate", "classical/logistic", str(tmp_path)])
    assert "30 exact copies of other files not scored, as in a run" in capsys.readouterr().out


def test_a_sound_that_stands_in_two_classes_is_scored_in_neither(run, capsys, tmp_path):
    """One of the two labels is wrong, and nobody knows which: the scores are those without the file."""
    lay_out(tmp_path, range(9, 12), 1.0)
    once = evaluated(capsys, "classical/logistic", tmp_path)
    sf.write(tmp_path / "hum/odd.wav", small_run.samples("noise", 12, 1.0, 16000), 16000)
    for label, name in (("noise", "odd"), ("noise", "again"), ("pulse", "odd")):
        shutil.copy(tmp_path / "hum/odd.wav", tmp_path / label / f"{name}.wav")
    assert evaluated(capsys, "classical/logistic", tmp_path) == once | {"doubtful": 4}
    main.main(["evaluate", "classical/logistic", str(tmp_path)])
    assert "4 files not scored, as an exact copy of each is in another class, as in a run" in capsys.readouterr().out
    for path in tmp_path.rglob("[0-9]*.wav"):
        path.unlink()
    assert "each file has an exact copy in another class" in refusal("evaluate", "classical/logistic", tmp_path)


def test_near_copies_within_the_collection_are_one_group(run, capsys, tmp_path):
    """As in a run, both are scored, but they are no independent evidence; without the clips of the training it is the same."""
    lay_out(tmp_path, range(20, 24), 1.5)
    once = evaluated(capsys, "classical/logistic", tmp_path)
    samples, rate_hz = sf.read(tmp_path / "pulse/20.wav")
    sf.write(tmp_path / "pulse/quiet.flac", 0.4 * samples, rate_hz)
    scores = evaluated(capsys, "classical/logistic", tmp_path)
    assert (once["clips"], once["units"], once["unit"], once["near"]) == (12, 12, "clip", [])
    assert (scores["clips"], scores["units"], scores["unit"]) == (13, 12, "group")
    assert scores["near"] == [
        {f"path_{x}": str(tmp_path / f"pulse/{f}") for x, f in (("a", "20.wav"), ("b", "quiet.flac"))}
    ]
    shutil.copy("runs/classical/logistic/model.npz", tmp_path / "model.npz")
    with pytest.MonkeyPatch.context() as elsewhere:
        elsewhere.chdir(tmp_path)
        main.main(["evaluate", "model.npz", "."])
    printed = capsys.readouterr().out
    assert "on 13 clips of ., 95% intervals over 12 groups\n" in printed
    assert (
        "1 pair of near copies; near copies count as one group, as in a run:\n  pulse/quiet.flac: near copy of"
        in printed
    )


def test_near_copies_are_one_group_even_if_the_model_was_trained_on_one(with_copies, run, capsys):
    """The search compares the clip of the training in place of its exact copy here."""
    shutil.copy(run / "sounds/pulse/7.flac", with_copies / "pulse/same.flac")
    scores = evaluated(capsys, "classical/logistic", with_copies)
    both = scores["with_known"]
    assert (scores["near"], scores["clips"], scores["units"]) == ([], 9, 9)
    assert (both["clips"], both["units"], both["unit"]) == (12, 11, "group")
    assert [sorted(Path(path).name for path in pair.values()) for pair in both["near"]] == [["quiet.wav", "same.flac"]]
