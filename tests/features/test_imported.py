"""Feature tables that somebody else computed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dalsegno.features import imported
from dalsegno.pipeline.errors import UserError

KAGGLE = Path("../shared/data/gtzan_features_30_sec.csv")
CLIPS = pd.DataFrame({"clip_id": ["blues.00000", "b.y"], "path": ["blues/blues.00000.wav", "b/y.opus"]})


def test_rows_are_found_by_id_path_or_file_name_and_may_be_segments(tmp_path, capsys):
    table = tmp_path / "t.csv"
    table.write_text("filename,length,f,label\nblues.00000.1.wav,3,2,blues\nblues.00000.0.wav,3,1,blues\nq.wav,3,9,b\n")
    assert list(imported.rows(str(table), CLIPS)) == [("blues.00000", 0, {"f": 1.0}), ("blues.00000", 1, {"f": 2.0})]
    said = capsys.readouterr().out
    assert "features of 1 of 2 clips" in said and "column 'length' is left out" in said
    table.write_text("path,f\nb/y.opus,1\nblues.00000.mp3,2\n")
    assert [row[:2] for row in imported.rows(str(table), CLIPS)] == [("b.y", 0), ("blues.00000", 0)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: expected the names of columns"),
        ("name,f\nb.y,1\n", r"line 1: expected a column of clip names \(clip_id"),
        ("clip_id,f\n", "expected one row per clip, got none"),
        ("clip_id,label\nb.y,rock\n", "line 1: expected columns of numbers beside clip_id, label"),
        ("clip_id,length\nb.y,661504\n", "line 1: expected columns of numbers beside clip_id, length"),
        ("clip_id,f\n\nb.y,1\nb/y.opus,2\n", "line 4: 'b/y.opus' names the clip of line 3"),
        ("clip_id,f\nb.y,1\nblues.00000,x\n", "line 3, column f: expected a finite number, got 'x'"),
        ("clip_id,f\nb.y,nan\n", "line 2, column f: expected a finite number, got 'nan'"),
        (
            "clip_id;f;g\nb.y;0,5;\nblues.00000;1;2%\n",
            r"line 2, column f: expected a finite number, got '0,5' \(3 such cells in 2 rows\); write it like 0\.25, or leave",
        ),
        ("clip_id,f\nb.y,1e39\n", "line 2, column f: expected a finite number, got '1e39'"),
        ("clip_id,f\nb.y\n", r"line 2: expected 2 cells \(clip_id, f\), got 1"),
        ("clip_id,f\nq,1\n", "no row of 1 names a clip of the data set, first 'q'"),
    ],
)
def test_a_malformed_table_names_file_and_line(tmp_path, text, says):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(UserError, match=rf"t\.csv.*{says}"):
        list(imported.rows(str(tmp_path / "t.csv"), CLIPS))


MANY = pd.DataFrame([(f"{c}.{k:02}", f"{c}/{k:02}.wav", c, f"{c}{k // 2}") for c in "abc" for k in range(4)])
MANY.columns = ["clip_id", "path", "label", "group"]


def read(folder, columns, clips=MANY, names=MANY["path"]):
    """What is read of a table with a column of noise and `columns` beside the names."""
    noise = np.random.default_rng(0).normal(size=len(names)).round(6)
    pd.DataFrame({"path": list(names), "f": noise} | columns).to_csv(folder / "t.csv", index=False)
    found = list(imported.rows(str(folder / "t.csv"), clips))
    assert [row["f"] for _, _, row in found] == noise.tolist()[: len(found)]
    return found


@pytest.mark.parametrize(
    "written",
    [
        lambda path: f"genres_original/{path}",
        lambda path: f"/home/ann/data/{path}",
        lambda path: "C:\\data\\" + path.replace("/", "\\"),
        lambda path: path.upper().replace(".WAV", ".mp3"),
        lambda path: f" ./{path} ",
        lambda path: path.replace("/", ".").removesuffix(".wav"),
    ],
)
def test_a_file_that_is_called_the_same_in_another_class_is_another_clip(tmp_path, written):
    assert [row[0] for row in read(tmp_path, {}, names=MANY["path"].map(written))] == MANY["clip_id"].tolist()
    here = MANY[MANY["label"] != "a"]
    assert [row[0] for row in imported.rows(str(tmp_path / "t.csv"), here)] == here["clip_id"].tolist()


def test_a_name_of_several_clips_is_refused_and_accents_are_one_in_every_form(tmp_path):
    with pytest.raises(UserError, match=r"t.csv, line 2: '00.wav' fits 3 clips \(a/00.wav, b/00.wav, c/00.wav\)"):
        read(tmp_path, {}, names=["00.wav"])
    for here, there in (("caf\u00e9", "cafe\u0301"), ("cafe\u0301", "caf\u00e9")):
        clips = pd.DataFrame({"clip_id": ["c.1", "d.1"], "path": [f"{here}/1.wav", "d/1.wav"]})
        assert [row[0] for row in read(tmp_path, {}, clips, [f"{there}/1.wav", "d/1.wav"])] == ["c.1", "d.1"]


@pytest.mark.parametrize(
    ("name", "cells", "why"),
    [
        ("label_id", [c for c in (2, 0, 1) for _ in range(4)], "has one value for all clips of a class"),
        ("is_b", [c for c in (0, 1, 0) for _ in range(4)], "has one value for all clips of a class"),
        ("target", ["rock", "pop", "jazz"] * 4, None),
        ("kind", [c for c in "xyz" for _ in range(4)], "has one value for all clips of a class"),
        ("artist_id", [7 * (i // 2) for i in range(12)], "numbers the groups"),
        ("Unnamed: 0", range(0, 24, 2), "numbers the rows"),
        ("", range(12), "numbers the rows"),
        ("n", [5, 3, 4, *range(6, 15)], "numbers the rows"),
        ("Split", ["train", "test"] * 6, "tells how clips were split"),
        ("fold", [0, 1, 2] * 4, "tells how clips were split"),
        ("Duration", [3.5] * 12, "tells how files were cut"),
        ("view", [0, 1] * 6, "has a name that stands for something else here"),
        ("Label", [0, 1, 2] * 4, ""),
        ("Filename", range(12), ""),
    ],
)
def test_columns_that_give_a_class_away_are_left_out_and_named(tmp_path, capsys, name, cells, why):
    if why is None:
        with pytest.raises(UserError, match=f"column {name}: expected a finite number, got 'rock'"):
            read(tmp_path, {name: list(cells)})
        return
    assert [list(row) for _, _, row in read(tmp_path, {name: list(cells)})] == [["f"]] * 12
    said = capsys.readouterr().out
    assert f"column {name!r} is left out, as it {why}" in said if why else "left out, as" not in said


@pytest.mark.parametrize("cells", [[1, 1, 1, 2] * 3, [3] * 12, [0.5 * i for i in range(12)], [0, 1] * 6])
def test_other_columns_of_few_values_are_features(tmp_path, cells):
    assert [row["g"] for _, _, row in read(tmp_path, {"g": cells})] == cells


@pytest.mark.parametrize(("n", "kept"), [(8, True), (9, False)])
def test_what_five_clips_share_with_their_class_may_be_chance(tmp_path, n, kept):
    few = MANY.iloc[[0, 1, 2, 4, 5, 6, 8, 9, 10][:n]]  # of three classes
    codes = list(pd.factorize(few["label"])[0])
    found = [row.get("g") for _, _, row in read(tmp_path, {"g": codes}, few, few["path"])]
    assert found == (codes if kept else [None] * n)


def test_numbers_of_rows_are_found_where_some_rows_are_of_no_clip(tmp_path):
    """As in a table of a whole data set, of which some clips are left out."""
    here = MANY.drop(index=[0, 5])
    (tmp_path / "t.csv").write_text(
        "path,f,n\n" + "".join(f"{path},{i / 7},{i}\n" for i, path in enumerate(MANY["path"]))
    )
    assert {tuple(row) for _, _, row in imported.rows(str(tmp_path / "t.csv"), here)} == {("f",)}


def test_what_is_the_same_in_all_segments_of_a_clip_or_of_a_recording_is_a_feature(tmp_path):
    """A tempo per clip or song; and a rare event of 0 and 1, which the few clips that share a group share by chance."""
    tempo = [60.5 + i for i in range(12)]
    alone = MANY.assign(group=MANY["clip_id"])
    per_segment = {"segment": [0, 1] * 12, "tempo": [bpm for bpm in tempo for _ in range(2)]}
    found = read(tmp_path, per_segment, alone, MANY["path"].repeat(2))
    assert [row["tempo"] for _, _, row in found] == per_segment["tempo"]
    per_song = [bpm for bpm in tempo[:6] for _ in range(2)]
    assert [row["tempo"] for _, _, row in read(tmp_path, {"tempo": per_song})] == per_song
    rare = [0] * 10 + [1] * 2
    assert [row["voice"] for _, _, row in read(tmp_path, {"voice": rare})] == rare


def test_a_column_may_number_the_segments(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("clip_id,segment,f\na.00,1,2\na.00,0,1\nb.00,0,3\n")
    assert [row[:2] for row in imported.rows(str(table), MANY)] == [("a.00", 0), ("a.00", 1), ("b.00", 0)]
    table.write_text("clip_id,segment,f\na.00,1.5,2\n")
    with pytest.raises(UserError, match=r"line 2, column segment: expected the number of a segment, got '1\.5'"):
        list(imported.rows(str(table), MANY))


@pytest.mark.skipif(not KAGGLE.exists(), reason="the feature table of ../shared/data is not here")
def test_the_table_of_kaggle_is_read_as_it_is():
    names = pd.read_csv(KAGGLE)["filename"].str.removesuffix(".wav")
    clips = pd.DataFrame({"clip_id": names, "path": names + ".png"})
    rows = list(imported.rows(str(KAGGLE), clips))
    assert len(rows) == 577 and {len(figures) for _, _, figures in rows} == {57}
