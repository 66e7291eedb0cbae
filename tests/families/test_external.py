"""Predictions made elsewhere: read by name, fold and class, and whatever is wrong with them said with its line."""

import json
import re
import runpy
from pathlib import Path

import pandas as pd
import pytest

from dalsegno.artefacts import leaks_json
from dalsegno.artefacts.data_set import clips_csv
from dalsegno.artefacts.learning import predictions_parquet, splits_csv
from dalsegno.families import external
from dalsegno.pipeline.errors import UserError

CLIPS = pd.DataFrame({"clip_id": ["a.1", "a.2", "b.1", "b.2"], "path": ["a/1.wav", "a/2.wav", "b/1.wav", "b/2.wav"]})
SPLITS = pd.DataFrame({
    "clip_id": ["a.1", "a.2", "b.1", "b.2"], "label": ["a", "a", "b", "b"], "group": "", "unit": "", "sha256": "",
    "fold0": ["test", "train", "test", "train"], "fold1": ["train", "test", "train", "test"],
})  # fmt: skip
TABLE = "clip_id,a,b\na.1,.9,.1\na.2,.6,.4\nb.1,.3,.7\nb.2,.2,.8\n"


def read(tmp_path, text, **entry):
    path = tmp_path / "theirs.csv"
    path.write_text(text)
    return external.predictions(external.Params(file=str(path), **entry), CLIPS, SPLITS)


def test_a_row_without_a_fold_serves_every_fold(tmp_path):
    taken = read(tmp_path, TABLE)
    rows = pd.concat(taken.rows).set_index(["fold", "clip_id"]).sort_index()
    assert len(rows) == 8
    assert rows.loc[(0, "a.1"), ["split", "label"]].tolist() == ["test", "a"]
    assert rows.loc[(1, "b.2"), "p_b"] == pytest.approx(0.8) and rows.loc[(1, "b.2"), "split"] == "test"
    assert taken.notes == (external.UNKNOWN_TRAINING,) and taken.unknown == []


def test_rows_of_a_fold_and_a_seed_stand_there(tmp_path):
    lines = [f"{c},{k},{s},{p},{1 - p:.1f}" for s, p in ((0, 0.9), (7, 0.8)) for c, k in (("a.1", 0), ("b.1", 0), ("a.2", 1), ("b.2", 1))]  # fmt: skip
    taken = read(tmp_path, "filename,fold,seed,p_a,p_b\n" + "\n".join(lines) + "\n")
    rows = pd.concat(taken.rows)
    assert len(rows) == 8 and (rows["split"] == "test").all()
    assert rows.set_index(["clip_id", "seed"]).loc[("b.2", 7), "p_a"] == pytest.approx(0.8)


def test_files_may_be_named_by_path_and_classes_stand_in_any_order(tmp_path):
    taken = read(
        tmp_path,
        "path,b,a\na/1.wav,.1,.9\na/2.wav,.4,.6\nb/1.wav,.7,.3\nb\\2.wav,.8,.2\n",
        allow_missing="a try",
    )
    assert pd.concat(taken.rows).set_index(["fold", "clip_id"]).loc[(0, "b.1"), "p_a"] == pytest.approx(0.3)


def test_labels_alone_are_sure_and_said_to_be(tmp_path):
    taken = read(tmp_path, "id,predicted\na.1,a\na.2,b\nb.1,b\nb.2,b\nelsewhere,b\n")
    rows = pd.concat(taken.rows).set_index(["fold", "clip_id"])
    assert rows.loc[(1, "a.2"), ["p_a", "p_b"]].tolist() == [0, 1]
    assert external.LABELS_ALONE in taken.notes and taken.unknown == ["elsewhere"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (TABLE.replace("b.1,.3,.7\n", ""), "no row for 1 of the 2 test clips of fold 0, first 'b.1'"),
        (TABLE + "a.1,.5,.5\n", "line 6: 'a.1' is the clip that .*line 2 already names"),
        (TABLE.replace(".9,.1", ".9,.2"), r"line 2: the probabilities sum to 1.1, not to 1 \(1 such rows\)"),
        (TABLE.replace(".9,.1", "1.9,-.9"), "line 2: expected probabilities, got 1.9, -.9"),
        (TABLE.replace(".9,.1", "yes,.1"), "line 2: expected probabilities, got yes, .1"),
        (TABLE.replace("a,b", "a,c"), "there is none for 'b'"),
        (TABLE.replace("clip_id", "song"), "line 1: expected a column of clip names"),
        ("id,label\na.1,aa\n", "line 2: 'aa' is no class of the data \\(did you mean 'a'"),
        ("id,fold,label\na.1,x,a\n", "line 2: expected a number in column 'fold', got 'x'"),
        ("id,fold,label\na.1,0,a\nb.1,2,b\n", "line 3: there is no fold 2; the splits have 0, 1"),
        ("id,label\nz,a\n", "no row for 2 of the 2 test clips of fold 0"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, says):
    with pytest.raises(UserError) as error:
        read(tmp_path, text)
    assert re.search(says, str(error.value)), error.value


def test_missing_clips_may_be_allowed_but_not_all_of_them(tmp_path):
    assert len(pd.concat(read(tmp_path, TABLE.replace("b.1,.3,.7\n", ""), allow_missing="a crash").rows)) == 6
    with pytest.raises(UserError, match="2 of the 2 test clips"):
        read(tmp_path, "id,label\nz,a\n", allow_missing="a crash")


def test_the_stage_writes_a_run_that_says_what_is_unknown(tmp_path, monkeypatch, capsys):
    main = runpy.run_path(str(Path("stages/external.py").resolve()))["main"]
    monkeypatch.chdir(tmp_path)
    clips_csv.write("clips.csv", CLIPS.assign(**{c: "" for c in clips_csv.COLUMNS if c not in CLIPS}))
    splits_csv.write("splits.csv", SPLITS)
    Path("theirs.csv").write_text(TABLE + "other,.5,.5\n")
    Path("params.yaml").write_text(json.dumps({"external": {"keras": {"file": "theirs.csv"}}}))
    main("keras", "clips.csv", "splits.csv", "run")
    assert len(predictions_parquet.read("run/predictions.parquet")) == 8
    assert leaks_json.read("run/leaks.json").notes == (external.UNKNOWN_TRAINING,)
    assert "1 names of no clip here, first 'other'" in capsys.readouterr().out
    Path("theirs.csv").write_text(TABLE.replace(".9,.1", ".9,.2"))
    with pytest.raises(UserError, match=r"external\.keras: theirs\.csv, line 2"):
        main("keras", "clips.csv", "splits.csv", "again")
    assert not Path("again").exists()
