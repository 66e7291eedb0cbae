"""Feature tables that somebody else computed."""

from pathlib import Path

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
        ("clip_id,f\nb.y\n", r"line 2: expected 2 cells \(clip_id, f\), got 1"),
        ("clip_id,f\nq,1\n", "no row of 1 names a clip of the data set, first 'q'"),
    ],
)
def test_a_malformed_table_names_file_and_line(tmp_path, text, says):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(UserError, match=rf"t\.csv.*{says}"):
        list(imported.rows(str(tmp_path / "t.csv"), CLIPS))


@pytest.mark.skipif(not KAGGLE.exists(), reason="the feature table of ../shared/data is not here")
def test_the_table_of_kaggle_is_read_as_it_is():
    names = pd.read_csv(KAGGLE)["filename"].str.removesuffix(".wav")
    clips = pd.DataFrame({"clip_id": names, "path": names + ".png"})
    rows = list(imported.rows(str(KAGGLE), clips))
    assert len(rows) == 577 and {len(figures) for _, _, figures in rows} == {57}
