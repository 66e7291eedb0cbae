"""A table of paths and labels: its forms, its columns, pieces of long files, published folds, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from support.sound import samples
from support.tunes import examine

from dalsegno.clips import listing
from dalsegno.clips.dataset import Params
from dalsegno.clips.known import collections
from dalsegno.clips.table.columns import Columns
from dalsegno.pipeline.errors import UserError
from dalsegno.report.doctor import page
from dalsegno.sound import excerpt
from dalsegno.splits import assign, leaks
from dalsegno.splits.protocol import Protocol

RATE = 8000
ROWS = {
    "file": ["a/x.wav", "a/y.wav", "b/x.wav", "b/z.wav"],
    "kind": ["blues", "blues", "rock", ""],
    "who": ["Ann", "Bob", "Ann", ""],
    "fold": [1, 2, 1, None],
}


def sound(path, seconds=1.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    y = np.random.default_rng(list(path.as_posix().encode())).normal(0, 0.1, int(seconds * RATE))
    sf.write(path, y, RATE)


def listed(root, table="clips.csv", columns=None, **more):
    columns = Columns(**(columns or {"path": "file", "label": "kind"}))
    return listing.listing(root, Params(name="table", root=str(root), table=table, columns=columns, **more)).clips


def examined(root, table="clips.csv", columns=None, **more):
    return examine(
        root, "table", table=table, columns=Columns(**(columns or {"path": "file", "label": "kind"})), **more
    )


def refusal(*words, **more):
    with pytest.raises(UserError) as error:
        listed(*words, **more)
    return str(error.value)


@pytest.fixture
def root(tmp_path):
    for path in ROWS["file"]:
        sound(tmp_path / path)
    return tmp_path


def write(root, rows=ROWS, name="clips.csv"):
    table, path = pd.DataFrame(rows), root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    match path.suffix:
        case ".csv":
            table.astype({"fold": "Int64"} if "fold" in rows else {}).to_csv(path, index=False)
        case ".tsv":
            table.to_csv(path, index=False, sep="\t")
        case ".jsonl":
            path.write_text(
                "\n".join(json.dumps(row) for row in table.to_dict("records")).replace("NaN", "null") + "\n\n"
            )
        case ".parquet":
            table.to_parquet(path)
    return table


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_every_form_of_table_gives_the_same_clips(root, suffix):
    write(root, name=f"clips.{suffix}")
    clips = listed(root, f"clips.{suffix}", {"path": "file", "label": "kind", "group": "who"})
    assert [(c.id, c.label, c.group, c.fault) for c in clips] == [
        ("a.x", "blues", "Ann", None), ("a.y", "blues", "Bob", None), ("b.x", "rock", "Ann", None), ("b.z", None, None, None)
    ]  # fmt: skip
    assert [clip.path for clip in clips] == [root / path for path in ROWS["file"]]


def test_files_are_found_by_their_names_alone_and_by_a_text_with_columns(root):
    write(root, {"n": ["y", "z.wav"], "kind": ["blues", "rock"]})
    assert [c.path.name for c in listed(root, columns={"path": "n", "label": "kind"})] == ["y.wav", "z.wav"]
    write(root, {"n": ["y", "x"], "d": ["a", "b"], "kind": ["blues", "rock"]})
    clips = listed(root, columns={"path": "{d}/{n}.wav", "label": "{d}-{kind}"})
    assert [(c.path, c.label) for c in clips] == [(root / "a/y.wav", "a-blues"), (root / "b/x.wav", "b-rock")]
    write(root, {"n": ["y", "x"], "kind": ["blues", "rock"]})
    assert "line 3: 'x' may be any of 2 files ('a/x.wav', 'b/x.wav')" in refusal(
        root, columns={"path": "n", "label": "kind"}
    )


def test_labels_are_renamed_and_a_name_of_none_is_refused(root):
    write(root)
    assert {c.label for c in listed(root, labels={"blues": "Blues", "rock": "Rock"})} == {"Blues", "Rock", None}
    assert "no row is labelled 'blus' (did you mean 'blues'?)" in refusal(root, labels={"blus": "Blues"})


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        ({}, {"path": "file", "label": "kin"}, "no column 'kin', which params.yaml names in dataset.columns.label (did you mean 'kind'?)"),
        ({}, {"path": "{dir}/{file}", "label": "kind"}, "no column 'dir'"),
        ({"file": ["a/x.wav", "./a\\x.wav", "b/x.wav", "b/z.wav"]}, {}, "line 3: 'a/x.wav' is there already, in "),
        ({"s": [0, 2, 0, 0], "e": [1, 1, 1, 1]}, {"start_s": "s", "end_s": "e"}, "line 3: a clip must end after it starts, got start_s 2 and end_s 1"),
        ({"s": [0, -1, 0, 0]}, {"start_s": "s"}, "line 3: expected start_s in seconds, 0 or more, got '-1'"),
        ({"s": [0, "nan", 0, 0]}, {"start_s": "s"}, "line 3: expected start_s in seconds"),
        ({"s": ["train", "tset", "", ""]}, {"split": "s"}, "line 3: expected train, valid, test or nothing"),
        ({"file": ["a/x.wav", " ", "b/x.wav", "b/z.wav"]}, {}, "line 3: its path is empty"),
        ({"file": ["c/x1.wav", "c/y1.wav", "d/x1.wav", "d/z1.wav"]}, {}, "none of its 4 paths leads to a file below"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(root, rows, columns, message):
    write(root, ROWS | rows)
    assert message in refusal(root, columns={"path": "file", "label": "kind"} | columns)


def test_tables_that_are_none_are_refused(root):
    write(root)
    assert "there is no 'clip.csv'" in refusal(root, "clip.csv") and "did you mean 'clips.csv'?" in refusal(
        root, "clip.csv"
    )
    assert "there is no '../clips.csv' below" in refusal(root, "../clips.csv")
    assert f"there is no '{'x' * 300}' below" in refusal(root, "x" * 300)
    (root / "broken.jsonl").write_text('{"file": "a/x.wav"}\n{"file": \n')
    assert "line 2: not JSON" in refusal(root, "broken.jsonl")
    (root / "list.jsonl").write_text("[1]\n")
    assert "line 1: expected an object" in refusal(root, "list.jsonl")
    (root / "no.parquet").write_bytes(b"PAR1 and nothing else")
    assert "cannot be read as Parquet" in refusal(root, "no.parquet")
    (root / "empty.csv").write_text("file,kind\n")
    assert "it has no rows" in refusal(root, "empty.csv")
    for given in ({"table": "x.csv"}, {"labels": {"a": "b"}}):
        with pytest.raises(ValueError, match="they go with name: table"):
            Params(name="folders", root="x", **given)
    with pytest.raises(ValueError, match="needs `table`"):
        Params(name="table", root="x")


def test_files_that_are_missing_are_left_out_and_named(root):
    write(root, ROWS | {"file": ["a/x.wav", "a/gone.wav", "b/x.wav", "b/z.wav"]})
    found = examined(root).clips.set_index("path")["excluded"]
    assert found["a/gone.wav"].endswith("clips.csv, line 3 names it, and it is not there") and (found != "").sum() == 1


def test_rows_point_into_a_long_file_and_its_pieces_share_a_group(root):
    sound(root / "long.flac", 10)
    rows = {
        "file": ["long.flac"] * 3 + ["a/x.wav"],
        "kind": ["blues", "rock", "rock", "blues"],
        "s": [0, 2.5, 8, None],
        "e": [2.5, 8, None, None],
    }
    write(root, rows)
    found = examined(root, columns={"path": "file", "label": "kind", "start_s": "s", "end_s": "e"}).clips.set_index(
        "clip_id"
    )
    assert found["duration_s"].round(3).to_dict() == {
        "a.x": 1.0,
        "long.0-2.5": 2.5,
        "long.2.5-8": 5.5,
        "long.8-end": 2.0,
    }
    assert found["group"].to_dict() == {
        "a.x": "",
        **dict.fromkeys(["long.0-2.5", "long.2.5-8", "long.8-end"], "long.flac"),
    }
    assert (found["excluded"] == "").all() and found["sha256"].nunique() == 4
    whole = samples(root / "long.flac", RATE)
    pieces = [samples(root / found.loc[name, "path"], RATE) for name in ("long.0-2.5", "long.2.5-8", "long.8-end")]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


def test_pieces_beyond_the_end_of_their_file_are_faults(root):
    rows = {
        "file": ["a/x.wav", "a/y.wav", "b/x.wav"],
        "kind": ["blues", "rock", "rock"],
        "s": [5, 0.2, 0.1],
        "e": [6, 4, 0.9],
    }
    write(root, rows)
    found = examined(
        root, columns={"path": "file", "label": "kind", "start_s": "s", "end_s": "e"}, min_duration_s=0.1
    ).clips
    assert found.set_index("clip_id")["excluded"].to_dict() == {
        "a.x.5-6": "unreadable: begins at 5 s, and the file ends at 1.00 s",
        "a.y.0.2-4": "truncated: its row promises 3.80 s, 0.80 s are there",
        "b.x.0.1-0.9": "",
    }


def test_times_of_any_size_are_found_again(tmp_path):
    for start_s, end_s in ((0.0000001, 0.5), (1e6, None), (12.25, 1e7)):
        path, *times = excerpt.place(excerpt.name(tmp_path / "x y.wav", start_s, end_s))
        assert path == tmp_path / "x y.wav" and times == [start_s, end_s]


def test_pieces_of_one_file_in_two_groups_are_refused(root):
    write(root, {"file": ["a/x.wav"] * 2, "kind": ["a", "b"], "who": ["Ann", "Bob"], "s": [0, 0.5]})
    message = refusal(root, columns={"path": "file", "label": "kind", "group": "who", "start_s": "s"})
    assert "line 3: 'a/x.wav' is in group 'Bob' and, by" in message


def folds(root, groups):
    rows = [(f"{label}/{i}.wav", label, groups(i), i % 12 + 1) for label in ("blues", "rock") for i in range(24)]
    for path, *_ in rows:
        sound(root / path, 0.6)
    write(root, dict(zip(("file", "kind", "who", "fold"), map(list, zip(*rows, strict=True)), strict=True)))
    found = examined(root, columns={"path": "file", "label": "kind", "group": "who", "fold": "fold"}, near_copies=False)
    return found, assign.split(found.clips, found.copies, Protocol(protocol="official", valid_share=0.15)).rows


def test_published_folds_are_the_official_protocol(tmp_path):
    found, split = folds(tmp_path, lambda i: f"artist {i % 12}")
    assert {c for c in split if c.startswith("fold")} == {f"fold{k}" for k in range(12)}
    tested = {k: set(split.loc[split[f"fold{k}"] == "test", "clip_id"]) for k in range(12)}
    stated = found.clips.set_index("clip_id")["split"]
    assert all({stated[name] for name in names} == {f"fold {k + 1}"} for k, names in tested.items())
    assert all((split[f"fold{k}"] == "valid").any() for k in range(12))
    leaks.refuse(leaks.check(split, found.copies))


def test_folds_that_share_a_group_stop_the_run(tmp_path):
    found, split = folds(tmp_path, lambda i: f"artist {i % 7}")
    with pytest.raises(UserError, match=r"the split leaks: .* groups in more than one part\n.*group artist"):
        leaks.refuse(leaks.check(split, found.copies))


def test_what_lies_in_a_folder_of_clips_to_predict_is_listed(root):
    sound(root / "test" / "new.wav")
    write(root)
    assert [(c.id, c.label, c.fault) for c in listed(root)][-1] == ("test.new", None, None)


def test_a_table_in_each_folder_names_its_files_by_that_folder(tmp_path):
    for part in ("train", "test"):
        for label in ("blues", "rock"):
            sound(tmp_path / part / f"{label}.wav")
        write(tmp_path, {"file": ["blues.wav", "rock.wav"], "kind": ["blues", "rock"]}, f"{part}/metadata.csv")
    clips = listed(tmp_path, "*/metadata.csv", {"path": "file", "label": "kind", "split": "{table_folder}"})
    assert [(c.id, c.split) for c in clips] == [
        ("test.blues", "test"), ("test.rock", "test"), ("train.blues", "train"), ("train.rock", "train")
    ]  # fmt: skip


def test_licence_and_citation_of_a_known_collection_reach_the_metrics(root):
    write(root)
    assert examined(root, collection="esc50").summary()["collection"]["licence"].startswith("CC BY-NC")
    assert "collection" not in examined(root).summary()
    with pytest.raises(ValueError, match="did you mean 'esc50'"):
        collections.known("esc-50")


def test_a_second_label_is_counted_beside_the_first_and_shown_by_the_doctor(root):
    write(root, ROWS | {"source": ["live", "", "live", ""]})
    found = examined(root, columns={"path": "file", "label": "kind", "second_label": "source"})
    assert found.summary()["second_labels"] == {"blues": {"": 1, "live": 1}, "rock": {"": 0, "live": 1}}
    html = page.render(found, page.drawings(found))
    assert "Classes by the second label" in html and '<th scope="col" class="text">live</th>' in html
    assert "second_labels" not in examined(root).summary()
