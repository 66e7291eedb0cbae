"""Tables as people hand them in: odd encodings, paths that lead elsewhere, nested cells, pieces beside their whole file."""

import json
import unicodedata

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from support.tunes import examine

from dalsegno.clips.table.columns import Columns
from dalsegno.pipeline.errors import UserError

FILES = ["a/x.wav", "a/y.wav", "b/x.wav", "b/z.wav"]
TABLE = "path,label\na/x.wav,Müll\na/y.wav,Müll\nb/x.wav,rock\nb/z.wav,rock\n"


@pytest.fixture
def root(tmp_path):
    for i, name in enumerate(FILES):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        sf.write(tmp_path / name, np.random.default_rng(i).normal(0, 0.1, 8000), 8000)
    return tmp_path


def clips(root, table, content, **columns):
    """label by path, or group; `content` of the table: text, bytes, rows of JSON, or a frame."""
    if isinstance(content, pd.DataFrame):
        content.to_parquet(root / table)
    elif isinstance(content, list):
        (root / table).write_text("\n".join(map(json.dumps, content)))
    else:
        (root / table).write_bytes(content.encode() if isinstance(content, str) else content)
    columns = Columns(path="path", label="label", **columns)
    return examine(root, "table", table=table, columns=columns, near_copies=False).clips


def labels(*args, **columns):
    found = clips(*args, **columns)
    return dict(found.loc[found["excluded"] == "", ["path", "label"]].itertuples(index=False))


ALL = {"a/x.wav": "Müll", "a/y.wav": "Müll", "b/x.wav": "rock", "b/z.wav": "rock"}


@pytest.mark.parametrize(
    "content",
    [
        TABLE.encode("utf-8-sig"),
        TABLE.replace("\n", "\r\n"),
        TABLE.replace(",", ";"),
        TABLE.replace(",", "\t"),
        unicodedata.normalize("NFD", TABLE),
        TABLE.replace("a/x.wav", '"a\\x.wav"'),
        TABLE.replace("a/x.wav", "b/../a/./x.wav"),
        TABLE.replace("a/x.wav", "/home/ann/music/a/x.wav"),  # written where the folder lay before
        TABLE.replace("b/z.wav", "z"),
    ],
    ids=["bom", "crlf", "semicolons", "tabs", "nfd", "backslash", "dots", "moved", "bare"],
)
def test_the_same_table_in_other_words_gives_the_same_clips(root, content):
    assert labels(root, "t.csv", content) == ALL


def test_a_path_below_the_root_may_be_absolute(root):
    assert labels(root, "t.csv", TABLE.replace("a/x.wav", str(root / "a/x.wav"))) == ALL


@pytest.mark.parametrize("path", ["c/y.wav", "/elsewhere/c/y.wav", "a/Y.wav", "a/b/y.wav"])
def test_a_file_of_the_same_name_in_another_folder_is_another_file(root, path):
    found = clips(root, "t.csv", TABLE.replace("a/y.wav", path)).set_index("label")["excluded"]
    assert sorted(found["Müll"])[1].startswith("missing: ") and f"{root / 't.csv'}, line 3" in sorted(found["Müll"])[1]
    assert ("'a/y.wav' is" in sorted(found["Müll"])[1]) == (path == "a/Y.wav")


@pytest.mark.parametrize(
    ("table", "content", "message"),
    [
        ("t.csv", TABLE.encode("utf-16"), "t.csv, line 1: expected text in UTF-8, got UTF-16"),
        ("t.tsv", TABLE.replace(",", "\t").encode("utf-16"), "t.tsv, line 1: .* UTF-16"),
        ("t.csv", TABLE.encode("latin-1"), "t.csv, line 2: expected text in UTF-8, got the byte 0xfc"),
        (
            "t.jsonl",
            b'{"path": "a/x.wav"}\n{"path": "M\xfcll"}',
            "t.jsonl, line 2: expected text in UTF-8, got the byte",
        ),
        (
            "t.jsonl",
            [{"path": "a/x.wav", "label": "p"}, {"path": "b/z.wav", "label": {"name": "q"}}],
            "t.jsonl, line 2: expected one value in the column of the label, got dict",
        ),
        (
            "t.parquet",
            pd.DataFrame({"path": ["a/x.wav", "b/z.wav"], "label": [["p"], ["p", "q"]]}),
            "t.parquet, row 1: expected one value in the column of the label, got list",
        ),
        (
            "t.parquet",
            pd.DataFrame({"path": [b"a/x.wav", b"b/z.wav"], "label": [0, 1]}),
            "t.parquet, row 1: expected one value in the column of the path, got bytes",
        ),
        ("t.csv", "path,label\na/x.wav,p\na/y.wav,p\n", "expected two or more classes to tell apart, got only 'p'"),
        ("t.csv", "path,label\nc/x.wav,p\nb/z.wav,q\n", "1 clip cannot be used, the first 'x.wav': missing: .*line 2"),
        ("t.csv", "path,label\n../../x.wav,p\nb/z.wav,q\n", "line 2: '../../x.wav' leads out of the data set's folder"),
        ("t.csv", "path;label\na/x.wav;p;q\n", "line 2: expected 2 cells"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(root, table, content, message):
    with pytest.raises(UserError, match=message):
        clips(root, table, content)


def test_labels_may_be_numbers_nulls_and_any_text(root):
    rows = pd.DataFrame({"path": FILES, "label": [0, 1, None, 1], "unused": [[1], [2], [3], [4]]})
    assert labels(root, "t.parquet", rows) == {"a/x.wav": "0", "a/y.wav": "1", "b/x.wav": "", "b/z.wav": "1"}
    rows = [{"path": "a/x.wav", "label": 0}, {"path": "a/y.wav"}, {"path": "b/z.wav", "label": 1.0}]
    assert labels(root, "t.jsonl", rows) == {"a/x.wav": "0", "a/y.wav": "", "b/z.wav": "1"}
    odd = 'path,label\na/x.wav,"Hip/Hop, ""R&B""\nnew"\nb/z.wav,../up\n'
    assert list(labels(root, "t.csv", odd).values()) == ['Hip/Hop, "R&B"\\nnew', "../up"]
    line = json.dumps({"path": "a/x.wav", "label": "p\u2028q"}, ensure_ascii=False)  # no line end in JSON
    assert labels(root, "t.jsonl", f'{line}\n{{"path": "b/z.wav", "label": "q"}}')["a/x.wav"] == "p\u2028q"


def test_pieces_stay_with_the_whole_of_their_file_and_with_its_length(root):
    table = "path,label,from,to\na/x.wav,p,,\na/x.wav,p,0.2,0.9\na/y.wav,p,0.2,5\nb/x.wav,q,3,4\nb/z.wav,q,,\n"
    found = clips(root, "t.csv", table, start_s="from", end_s="to")
    assert list(found["group"]) == ["a/x.wav", "a/x.wav", "a/y.wav", "b/x.wav", ""]
    assert found["excluded"][2].startswith("truncated: its row promises 4.80 s, 0.80 s are there")
    assert found["excluded"][3].startswith("unreadable: begins at 3 s, and the file ends at 1.00 s")
    with pytest.raises(UserError, match=r"line 2: expected start_s in seconds, 0 or more, got '0,1'"):
        clips(root, "t.csv", "path;label;from\na/x.wav;p;0,1\nb/z.wav;q;\n", start_s="from")


@pytest.mark.parametrize("group", ["{label}{", "{label}}", "{{label}}", "{label}{}", "{label} {label}"])
def test_braces_that_hold_no_column_stand_for_themselves(root, group):
    found = clips(root, "clips.csv", TABLE, group=group)
    assert set(found["group"]) == {group.replace("{label}", label) for label in ("Müll", "rock")}


PIECES = "path,label,from,to\na/x.wav,p,0,0.6\na/x.wav,p,0.3,0.9\na/y.wav,q,0,0.6\na/y.wav,q,0.3,\nb/x.wav,q,,\n"


@pytest.mark.parametrize("asked", ["auto", "none", "tags", "file"])
def test_pieces_of_one_file_are_a_group_whatever_groups_are_asked_for(root, asked):
    (root / "t.csv").write_text(PIECES)
    if asked == "file":
        (root / "groups.csv").write_text("path,group\na/x.wav,\na/y.wav,someone\nb/x.wav,\n")
    columns = Columns(path="path", label="label", start_s="from", end_s="to")
    found = examine(root, "table", table="t.csv", columns=columns, groups=asked, near_copies=False)
    named = "someone" if asked == "file" else "a/y.wav"
    assert found.clips.set_index("path")["group"].to_dict() == {
        "a/x.wav#t=0,0.6": "a/x.wav",
        "a/x.wav#t=0.3,0.9": "a/x.wav",
        "a/y.wav#t=0,0.6": named,
        "a/y.wav#t=0.3,": named,
        "b/x.wav": "",
    }
    assert found.grouping()["source"] == ("file" if asked == "file" else "data set")


def test_a_table_of_groups_that_is_asked_for_must_be_there_beside_any_table_of_clips(root):
    (root / "t.csv").write_text(TABLE)
    columns = Columns(path="path", label="label")
    with pytest.raises(UserError, match=r"groups\.csv; `dalsegno groups .*` drafts one"):
        examine(root, "table", table="t.csv", columns=columns, groups="file")


@pytest.mark.parametrize("second", ["2", "2.0", "02"])
def test_a_fold_is_one_however_its_number_is_written(root, second):
    table = f"path,label,fold\na/x.wav,p,1\na/y.wav,q,2\nb/x.wav,p,{second}\nb/z.wav,q,1.0\n"
    assert list(clips(root, "t.csv", table, fold="fold")["split"]) == ["fold 1", "fold 2", "fold 2", "fold 1"]


@pytest.mark.parametrize("fold", ["nan", "-1", "None"])
def test_what_is_no_fold_is_refused(root, fold):
    with pytest.raises(UserError, match=f"line 3: expected the fold that tests the clip, or nothing, got '{fold}'"):
        clips(root, "t.csv", f"path,label,fold\na/x.wav,p,1\na/y.wav,q,{fold}\n", fold="fold")


def test_a_label_that_is_called_nothing_is_none(root):
    (root / "t.csv").write_text(TABLE.replace("b/z.wav,rock", "b/z.wav,noise"))
    columns = Columns(path="path", label="label")
    found = examine(root, "table", table="t.csv", columns=columns, labels={"noise": "", "rock": " rock "})
    assert list(found.clips["label"]) == ["Müll", "Müll", "rock", ""] and found.summary()["unlabelled"] == 1
