"""A submission per model, laid out like the sample, whatever oddities the sample has."""

import contextlib
import re
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from dalsegno.artefacts.data_set import clips_csv, sample_submission
from dalsegno.artefacts.learning import predictions_parquet, splits_csv

MAIN = runpy.run_path("stages/submissions.py")["main"]
CLASSES = ["pop", "rock"]
P_ROCK = {  # of each clip, by (fold, seed): the mean decides, neither the last fold nor the majority of folds
    "x": {(0, 0): 0.45, (0, 1): 0.45, (1, 0): 0.45, (1, 1): 0.95},
    "y": {(0, 0): 0.55, (0, 1): 0.55, (1, 0): 0.55, (1, 1): 0.05},
    "z": {(0, 0): 0.9, (0, 1): 0.9, (1, 0): 0.9, (1, 1): 0.9},
}
RIGHT = {"x": "rock", "y": "pop", "z": "rock"}


@pytest.fixture
def run(tmp_path):
    """Lay out a finished run of a Kaggle data set; call the stage on it; what it wrote, {name: lines}."""
    clip = dict.fromkeys(clips_csv.COLUMNS, "") | {"duration_s": 1.0, "sample_rate_hz": 8000, "channels": 1}
    listed = [clip | {"clip_id": n, "path": f"test/{n}.wav"} for n in P_ROCK]
    listed += [clip | {"clip_id": f"rock.{k}", "path": f"train/rock/{k}.wav", "label": "rock"} for k in "xa"]
    listed += [clip | {"clip_id": "pop.a", "path": "train/pop/a.wav", "label": "pop"}]
    listed += [clip | {"clip_id": "bad", "path": "test/bad.wav", "excluded": "silent: all samples are 0"}]

    def call(sample=None, encoding="utf-8", unlabelled=("x", "y", "z"), predicted=("x", "y", "z")):
        kept = [c for c in listed if c["label"] or c["clip_id"] in (*unlabelled, "bad")]
        clips_csv.write(tmp_path / "clips.csv", pd.DataFrame(kept))
        splits = clips_csv.usable(clips_csv.read(tmp_path / "clips.csv"))[["clip_id", "label", "group"]]
        for k in (0, 1):
            splits[f"fold{k}"] = np.where(splits["label"] == "", "unlabelled", "train")
        splits_csv.write(tmp_path / "splits.csv", splits)
        frames = [
            predictions_parquet.frame(splits, k, s, [n], np.array([[1 - p, p]]), CLASSES)
            for n in predicted
            for (k, s), p in P_ROCK[n].items()
        ]
        frames.append(predictions_parquet.frame(splits, 0, 0, ["rock.a"], np.array([[1.0, 0.0]]), CLASSES))
        for name in ("cnn/conv", "mlp/small"):
            predictions_parquet.write(tmp_path / "runs" / name / "predictions.parquet", frames)
        if sample is not None:
            (tmp_path / "sample_submission.csv").write_bytes(sample.encode(encoding))
        (tmp_path / "params.yaml").write_text(
            yaml.safe_dump(
                {
                    "dataset": {"root": "."},
                    "cnn": {"conv": {}},
                    "mlp": {"small": {}},
                    "transfer": {},
                    "ensembles": {"both": ["cnn/conv", "mlp/small"]},
                }
            )
        )
        (tmp_path / "accuracy.csv").write_text("model,accuracy\nmlp/small,0.9\ncnn/conv,0.8\n")
        with contextlib.chdir(tmp_path):
            MAIN("clips.csv", "splits.csv", "runs", "accuracy.csv", "submissions", "cnn", "mlp", "transfer")
        return {p.name: p.read_text().splitlines() for p in Path(tmp_path, "submissions").iterdir()}

    return call


def test_one_submission_a_model_with_the_class_of_the_greatest_mean(run):
    written = run()
    written.pop("predictions.csv")
    assert sorted(written) == ["submission_cnn_conv.csv", "submission_ensembles_both.csv", "submission_mlp_small.csv"]
    for lines in written.values():
        assert lines == ["id,label", *(f"{n}.wav,{label}" for n, label in RIGHT.items())]


def test_one_table_has_what_every_model_calls_a_clip_the_best_one_first(run):
    lines = run(predicted=("x", "y"))["predictions.csv"]
    assert lines[0] == "path," + ",".join(
        f"{name},{name} probability" for name in ("mlp/small", "cnn/conv", "ensembles/both")
    )
    assert lines[1:] == ["test/x.wav" + 3 * ",rock,0.575", "test/y.wav" + 3 * ",pop,0.575"]


def test_the_table_of_predictions_does_not_need_a_sample_that_fits(run):
    assert {"predictions.csv", "no_submission.txt"} == set(run("nonsense"))


@pytest.mark.parametrize("spelt", ["{}.wav", "{}", "test/{}.wav"])
def test_the_samples_columns_ids_and_order_are_kept(run, spelt):
    order = [spelt.format(n) for n in "zxy"]
    lines = run("\ufeffFile,Genre\r\n" + "".join(f"{i},rock\r\n" for i in order))["submission_cnn_conv.csv"]
    assert lines == ["File,Genre", *(f"{i},{RIGHT[n]}" for i, n in zip(order, "zxy", strict=True))]


def test_without_clips_to_predict_the_folder_is_empty(run):
    assert run("nonsense", unlabelled=(), predicted=()) == {}


def test_a_clip_that_cannot_be_predicted_keeps_the_samples_label_and_is_told(run, capsys):
    sample = "id,label\nx,pop\nbad,pop\ny,pop\nz,pop\n"
    lines = run(sample, predicted=("x", "y"))["submission_cnn_conv.csv"]
    assert lines == ["id,label", "x,rock", "bad,pop", "y,pop", "z,pop"]
    assert "2 have no prediction" in capsys.readouterr().out


HARMLESS = {
    "a placeholder": "id,label\nz,?\nx,?\ny,?\n",
    "a number as placeholder": "id,label\nz,0\nx,0\ny,0\n",
    "blank lines at the end": "id,label\nz,pop\nx,pop\ny,pop\n\n  \n,\n",
    "another suffix": "id,label\nz.mp3,pop\nx.MP3,pop\ntest/y.m4a,pop\n",
    "blanks around": "id,label\n z ,pop\nx, pop\ny,pop \n",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
@pytest.mark.parametrize("oddity", HARMLESS)
def test_harmless_oddities_of_a_sample_are_taken(run, oddity, encoding):
    sample = HARMLESS[oddity]
    lines = run(sample.replace("label", "étiquette"), encoding=encoding)["submission_cnn_conv.csv"]
    assert lines[0] == "id,étiquette"
    ids = [line.split(",")[0] for line in sample.splitlines()[1:4]]
    assert lines[1:] == [f"{i},{RIGHT[n]}" for i, n in zip(ids, "zxy", strict=True)]


@pytest.mark.parametrize(
    ("sample", "says"),
    [
        ("", "line 1: expected two columns, an id and a label, got ''"),
        ("id,pop,rock\n", "line 1: expected two columns, an id and a label, got 'id,pop,rock'"),
        ("id,label\nx,pop\ny\n", "line 3: expected an id and a label, got 'y'"),
        (
            "id,label\nx,pop\nv.wav,pop\n",
            "line 3: expected the file name of a clip to predict, but 'v.wav' is not one of them",
        ),
        ("id,label\nx,pop\na,pop\n", "line 3: expected the file name of a clip to predict, but 'a' is not one of them"),
        ("id,label\nx,pop\ny,pop\nx.wav,pop\n", "line 4: expected each clip once, but 'x.wav' is in line 2"),
        ("id,label\nx,0\ny,1\nz,2\n", "line 2: expected a label .* got '0'"),
        ("id,label\nx,Rock\n", "line 2: expected a label .* one of pop, rock; got 'Rock' \\(did you mean 'rock'?\\)"),
        ("id,label\nz,\nx,\n", "line 4: not there: 1 of 3 clips to predict, the first 'test/y.wav'"),
    ],
)
def test_a_sample_that_does_not_fit_costs_its_submission_and_says_the_line(run, tmp_path, sample, says):
    written = run(sample)
    assert set(written) == {"predictions.csv", "no_submission.txt"}
    lines = written["no_submission.txt"]
    assert re.fullmatch(f".*sample_submission.csv, {says}.*".replace("?", r"\?"), " ".join(lines))
    clips = clips_csv.read(tmp_path / "clips.csv")
    ((subject, remark),) = sample_submission.remarks(tmp_path, clips)  # and it is known before anything is trained
    assert subject == "sample_submission.csv"
    assert remark.startswith("sample submission: sample_submission.csv, line") and lines[0].split(": ", 1)[1] in remark


def test_a_sample_that_fits_and_none_are_no_remark(run, tmp_path):
    run("id,label\nz,?\nx,?\ny,?\n")
    clips = clips_csv.read(tmp_path / "clips.csv")
    assert list(sample_submission.remarks(tmp_path, clips)) == []
    assert list(sample_submission.remarks(tmp_path / "nowhere", clips)) == []


def test_a_sample_that_is_no_csv_costs_its_submission(run):
    lines = run(f"id,label\n{'x' * 200_000},pop\n")["no_submission.txt"]
    assert "sample_submission.csv: it cannot be read as a CSV: field larger than field limit" in lines[0]
