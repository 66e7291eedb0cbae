"""Predictions made elsewhere: read by name, fold and class, and whatever is wrong with them said with its line."""

import json
import re
import runpy
from pathlib import Path

import numpy as np
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
        tmp_path, "path,b,a\na/1.wav,.1,.9\na/2.wav,.4,.6\nb/1.wav,.7,.3\nb\\2.wav,.8,.2\n", allow_missing="a try"
    )
    assert pd.concat(taken.rows).set_index(["fold", "clip_id"]).loc[(0, "b.1"), "p_a"] == pytest.approx(0.3)


@pytest.mark.parametrize("column", ["label", "genre", "truth"])
def test_a_column_that_has_the_true_classes_is_no_prediction_unless_it_is_called_so(tmp_path, column):
    """It would be scored 100%: the columns beside it, in a code of their own, are what the model predicted."""
    rows = "a.1,a,1,0.9\na.2,a,0,0.8\nb.1,b,1,0.7\nb.2,b,1,0.9\n"
    with pytest.raises(UserError, match=f"the column '{column}' has the true class of every clip") as refused:
        read(tmp_path, f"clip_id,{column},y_pred,confidence\n{rows}")
    assert "line 1" in str(refused.value) and "call the column 'predicted'" in str(refused.value)
    assert read(tmp_path, f"clip_id,predicted,code,confidence\n{rows}").rows
    assert read(tmp_path, f"clip_id,{column},y_pred,confidence\n{rows}".replace("b.2,b", "b.2,a")).rows


def test_a_label_that_contradicts_the_probabilities_beside_it_is_told_with_its_line(tmp_path):
    table = "clip_id,a,b,predicted\na.1,.9,.1,a\na.2,.6,.4,{}\nb.1,.3,.7,b\nb.2,.5,.5,b\n"
    assert read(tmp_path, table.format("a")).rows and read(tmp_path, table.format("1")).rows
    with pytest.raises(
        UserError, match=r"line 3: 'predicted' is 'b', but 'a' is the most probable class \(1 such row\)"
    ):
        read(tmp_path, table.format("b"))


def test_a_fold_without_a_test_part_beside_others_scores_nothing(tmp_path):
    """As a list may state it; its validation clips are scored of no model."""
    splits = SPLITS.assign(fold1=["train", "valid", "train", "valid"])
    (tmp_path / "t.csv").write_text("clip_id,a,b\na.1,.9,.1\nb.1,.3,.7\n")
    taken = external.predictions(external.Params(file=str(tmp_path / "t.csv")), CLIPS, splits)
    assert [len(rows) for rows in taken.rows] == [2, 2]
    splits = splits.assign(fold0=splits["fold0"].replace("test", "valid"))
    with pytest.raises(UserError, match="no row for 2 of the 2 valid clips of fold 1"):
        external.predictions(external.Params(file=str(tmp_path / "t.csv")), CLIPS, splits)


def test_columns_may_be_written_with_capitals(tmp_path):
    text = "Path,Label,Predicted,Fold\na/1.wav,a,a,0\nb/1.wav,b,a,0\na/2.wav,a,b,1\nb/2.wav,b,b,1\n"
    rows = pd.concat(read(tmp_path, text).rows).set_index("clip_id")
    assert rows["fold"].to_dict() == {"a.1": 0, "b.1": 0, "a.2": 1, "b.2": 1}
    assert rows["p_a"].to_dict() == {"a.1": 1, "b.1": 1, "a.2": 0, "b.2": 0}


def test_columns_of_other_names_are_told_beside_those_expected(tmp_path):
    with pytest.raises(UserError, match=r"there is none for 'a', 'b'; the file has 'clip_id', '0', '1'$"):
        read(tmp_path, TABLE.replace("a,b", "0,1", 1))


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
        (TABLE.replace(".9,.1", ".9,.2"), r"line 2: the probabilities sum to 1.1, not to 1 \(1 such row\)"),
        (TABLE.replace(".9,.1", "1.9,-.9"), "line 2: expected probabilities from 0 to 1, such as 0.25, got 1.9, -.9"),
        (TABLE.replace(".9,.1", "yes,.1"), "line 2: expected probabilities from 0 to 1, such as 0.25, got yes, .1"),
        (TABLE.replace("a,b", "a,c"), "there is none for 'b'"),
        (TABLE.replace("clip_id", "song"), "line 1: expected a column of clip names"),
        ("id,label\na.1,aa\n", "line 2: 'aa' is not a class of the data \\(did you mean 'a'"),
        ("id,fold,label\na.1,x,a\n", "line 2: expected a number in column 'fold', got 'x'"),
        ("id,fold,label\na.1,0,a\nb.1,2,b\n", "line 3: there is no fold 2; the splits have 0, 1"),
        (
            "id,label\nz,a\n",
            r"no row for 2 of the 2 test clips of fold 0, first 'a.1', 'b.1'; no clip here is called 'z' \(1 such row\); add them",
        ),
        (
            "id,seed,label\n" + "".join(f"{c},0,a\n" for c in CLIPS["clip_id"]) + "a.1,1,a\n",
            "test clips of fold 0 and seed 1",
        ),
        ("clip_id,a,b\n", "no row for 2 of the 2"),
        ("id,a,b\na.1,90,10\na.2,60.5,39.5\n", r"sum to 100, not to 1 \(2 such rows\); divide percentages by 100"),
        ("id;a;b\na.1;0,9;0,1\n", "such as 0.25, got 0,9, 0,1"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, says):
    with pytest.raises(UserError) as error:
        read(tmp_path, text)
    assert re.search(says, str(error.value)), error.value


def called(taken):
    rows = pd.concat(taken.rows).drop_duplicates("clip_id").set_index("clip_id").sort_index()
    return rows[["p_a", "p_b"]].idxmax(axis=1).str[2:].tolist()


@pytest.mark.parametrize("truth", ["label", "genre", "class", "actual"])
def test_the_true_classes_are_never_taken_for_predictions(tmp_path, truth):
    """A column of them may stand beside what was predicted, in any order."""
    rows = [("a.1", "a", "b"), ("a.2", "a", "a"), ("b.1", "b", "a"), ("b.2", "b", "a")]
    beside = "\n".join(",".join(row) for row in rows)
    assert called(read(tmp_path, f"id,{truth},predicted\n{beside}\n")) == ["b", "a", "a", "a"]
    with pytest.raises(UserError, match=f"line 1: which of the columns '{truth}', 'guess' holds what was predicted"):
        read(tmp_path, f"id,{truth},guess\n{beside}\n")
    with pytest.raises(UserError, match="there is none for 'b'"):
        read(tmp_path, f"id,{truth},p_a\na.1,a,.3\na.2,a,.3\nb.1,b,.8\nb.2,b,.7\n")
    with pytest.raises(UserError, match="there is none for 'b'"):
        read(tmp_path, f"id,a,{truth}\na.1,.3,a\na.2,.3,a\nb.1,.8,b\nb.2,.7,b\n")
    whole = "\n".join(f"{c},{t},{0.9 if p == 'a' else 0.1},{0.1 if p == 'a' else 0.9}" for c, t, p in rows)
    assert called(read(tmp_path, f"id,{truth},p_a,p_b\n{whole}\n")) == ["b", "a", "a", "a"]


def test_one_column_of_classes_is_taken_whatever_it_is_called(tmp_path):
    assert called(read(tmp_path, "id,y_pred,seconds\na.1,b,3\na.2,b,3\nb.1,a,2\nb.2,b,1\n")) == ["b", "b", "a", "b"]


def test_a_probability_goes_before_a_column_that_only_has_the_name_of_a_class(tmp_path):
    """One column per class of the true ones, as Keras has them, beside the probabilities."""
    rows = "a.1,1,0,.2,.8\na.2,1,0,.9,.1\nb.1,0,1,.3,.7\nb.2,0,1,.6,.4\n"
    assert called(read(tmp_path, "id,a,b,p_a,p_b\n" + rows)) == ["b", "a", "b", "a"]
    swapped = "\n".join(",".join([c, *p, *t]) for c, *both in (row.split(",") for row in rows.split()) for t, p in [(both[:2], both[2:])])  # fmt: skip
    assert called(read(tmp_path, f"id,p_a,p_b,a,b\n{swapped}\n")) == ["b", "a", "b", "a"]


@pytest.mark.parametrize(("digits", "taken"), [(2, False), (3, True), (4, True), (7, True)])
def test_rows_may_be_rounded_to_three_digits(tmp_path, digits, taken):
    """Ten classes: three digits each take a sum up to 0.005 from 1, and two take it further than an error might."""
    classes, rng = [f"k{i}" for i in range(10)], np.random.default_rng(0)
    p = pd.DataFrame(rng.dirichlet(np.ones(10), 40).round(digits), columns=classes)
    clips = pd.DataFrame({"clip_id": [f"c{i:02d}" for i in range(40)], "path": [f"c/{i}.wav" for i in range(40)]})
    splits = clips[["clip_id"]].assign(label=classes * 4, group="", unit="", sha256="", fold0="test")
    path = tmp_path / "theirs.csv"
    p.assign(clip_id=clips["clip_id"]).to_csv(path, index=False)
    assert digits > 3 or (p.sum(axis=1) - 1).abs().max() > 1.5e-3
    entry = external.Params(file=str(path))
    if not taken:
        with pytest.raises(UserError, match="write them with three digits or more"):
            external.predictions(entry, clips, splits)
        return
    (rows,) = external.predictions(entry, clips, splits).rows
    found = rows[[f"p_{c}" for c in classes]].to_numpy()
    assert found == pytest.approx(p.to_numpy(), abs=5e-3) and found.sum(1) == pytest.approx(1)


def test_absolute_paths_find_their_clips_where_names_stand_in_several_folders(tmp_path):
    rows = "".join(f"/home/me/music/{path},{c}\n" for path, c in zip(CLIPS["path"], "abab", strict=True))
    assert called(read(tmp_path, "path,predicted\n" + rows)) == ["a", "b", "a", "b"]
    rows = "".join(rf"C:\music\{path.replace('/', chr(92))},{c}" + "\r\n" for path, c in zip(CLIPS["path"], "abab", strict=True))  # fmt: skip
    assert called(read(tmp_path, "\ufeffpath,predicted\r\n" + rows)) == ["a", "b", "a", "b"]


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
    assert "1 name of no clip here, first 'other'" in capsys.readouterr().out
    Path("theirs.csv").write_text(TABLE.replace(".9,.1", ".9,.2"))
    with pytest.raises(UserError, match=r"external\.keras: theirs\.csv, line 2"):
        main("keras", "clips.csv", "splits.csv", "again")
    assert not Path("again").exists()
