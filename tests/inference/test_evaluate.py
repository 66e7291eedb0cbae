"""`dalsegno evaluate`: on the clips of its own run a model gets the scores that their predictions make."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from support import small_run

from dalsegno.cli import main


def evaluated(capsys, *words):
    main.main(["evaluate", *map(str, words), "--json"])
    return json.loads(capsys.readouterr().out)


def refusal(*words):
    with pytest.raises(SystemExit) as end:
        main.main(["evaluate", *map(str, words)])
    return str(end.value.code)


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
        "8 files not scored, whose classes the model does not know: speech (8)" in printed and "broken.wav" in printed
    )
    assert "on 16 clips" in printed and "macro f1" in printed


def test_groups_widen_the_intervals(elsewhere, capsys):
    alone = evaluated(capsys, "classical/logistic", elsewhere, "--labels", "Drone=hum")
    paths = [path.relative_to(elsewhere).as_posix() for path in sorted(elsewhere.rglob("*.*")) if path.suffix != ".csv"]
    (elsewhere / "groups.csv").write_text("path,group\n" + "".join(f"{p},{p[0]}{i % 3}\n" for i, p in enumerate(paths)))
    grouped = evaluated(capsys, "classical/logistic", elsewhere, "--labels", "Drone=hum")
    assert (alone["units"], grouped["units"]) == (16, 6)


def test_names_that_are_not_there_are_refused(elsewhere):
    assert "the folder has no class 'Dron'; did you mean 'Drone'?" in refusal(
        "cnn/crops", elsewhere, "--labels", "Dron=hum"
    )
    assert "the model has no class 'ham'; did you mean 'hum'?" in refusal(
        "cnn/crops", elsewhere, "--labels", "Drone=ham"
    )
    shutil.rmtree(elsewhere / "NOISE")
    assert "no file has a class that the model knows" in refusal("cnn/crops", elsewhere)
