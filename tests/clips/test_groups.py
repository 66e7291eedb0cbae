"""groups.csv: what it matches, and what is said of the rest."""

import os
import unicodedata

import pytest
from support.tunes import examine
from test_layout import listed, refusal, tree

PATHS = ["blues/a1.wav", "blues/a2.wav", "jazz/b1.wav", "jazz/b2.wav", "rock/c1.wav"]


def table(root, *rows):
    (root / "groups.csv").write_text("path,group\n" + "".join(f"{row}\n" for row in rows))


def groups(root, **more):
    return {clip.path.relative_to(root).as_posix(): clip.group for clip in listed(root, **more)}


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
@pytest.mark.parametrize("in_table", ["NFC", "NFD"])
def test_names_from_a_mac_and_from_elsewhere_are_the_same(tmp_path, on_disk, in_table):
    paths = ["Chanté/Björk.wav", "Chanté/Sigur Rós.wav", "Jazz/Ça.wav"]
    tree(tmp_path, *(unicodedata.normalize(on_disk, path) for path in paths))
    table(tmp_path, *(f"{unicodedata.normalize(in_table, path)},{path[-7:-4]}é" for path in paths))
    clips = listed(tmp_path)
    assert [clip.group for clip in clips] == ["örké", "Rósé", "Çaé"] or None not in {clip.group for clip in clips}
    assert {clip.label for clip in clips} == {"Chanté", "Jazz"}
    assert all(clip.path.is_file() and unicodedata.is_normalized("NFC", clip.id) for clip in clips)


def test_a_file_that_is_no_clip_is_not_suggested_for_one_that_is_gone(tmp_path):
    tree(tmp_path, "blues/._a1.wav", "blues/other.wav", "jazz/b1.wav")
    table(tmp_path, "blues/a1.wav,x", "jazz/b1.wav,y")
    assert "'blues/a1.wav' is not a file here" in refusal(tmp_path) and "._a1" not in refusal(tmp_path)


def test_groups_in_two_unicode_forms_are_one(tmp_path):
    tree(tmp_path, *PATHS[:3])
    names = [unicodedata.normalize(form, "Björk") for form in ("NFC", "NFD", "NFC")]
    table(tmp_path, *(f"{path},{name}" for path, name in zip(PATHS, names, strict=False)))
    assert set(groups(tmp_path).values()) == {"Björk"}


def test_paths_may_be_written_with_backslashes_or_a_dot(tmp_path):
    tree(tmp_path, *PATHS[:3])
    table(tmp_path, "blues\\a1.wav,x", "./blues/a2.wav,x", "jazz//b1.wav, y ")
    assert groups(tmp_path) == {"blues/a1.wav": "x", "blues/a2.wav": "x", "jazz/b1.wav": "y"}


@pytest.mark.skipif(os.name == "nt", reason="a backslash is no part of a name on Windows")
def test_a_file_whose_name_holds_a_backslash_has_a_row(tmp_path):
    tree(tmp_path, "rock/AC\\DC.wav", "jazz/b1.wav")
    table(tmp_path, "rock/AC\\DC.wav,AC/DC", "jazz/b1.wav,Trio")
    assert groups(tmp_path) == {"rock/AC\\DC.wav": "AC/DC", "jazz/b1.wav": "Trio"}


def test_rows_of_other_case_and_with_typos_are_counted_and_named_with_the_nearest(tmp_path):
    tree(tmp_path, *PATHS)
    table(tmp_path, "Blues/A1.wav,x", "blues/a2.wav,x", "jaz/b1.wav,y", "jazz/b2.wav,y", "rock/c1.wav,z")
    message = refusal(tmp_path)
    assert "no file for 2 of its 5 paths and no row for 2 of 5 labelled files" in message
    assert "line 2: 'Blues/A1.wav' is not a file here (did you mean 'blues/a1.wav'?)" in message
    assert "line 4: 'jaz/b1.wav' is not a file here (did you mean 'jazz/b1.wav'?)" in message
    assert "no row: 'jazz/b1.wav' (did you mean 'jaz/b1.wav'?)" in message and "dataset.allow_ungrouped" in message


def test_clips_without_a_row_are_refused_unless_there_is_a_reason_which_is_remarked_on(tmp_path):
    tree(tmp_path, *PATHS)
    table(tmp_path, "blues/a1.wav,x", "blues/a2.wav,x")
    message = refusal(tmp_path)
    assert "no row for 3 of 5 labelled files" in message and "no file for" not in message
    assert groups(tmp_path, allow_ungrouped="only blues has artists")["blues/a2.wav"] == "x"
    remarks = examine(tmp_path, allow_ungrouped="only blues has artists").remarks
    assert "ungrouped: 3 of 5 clips have no group; allowed: only blues has artists" in set(remarks["remark"])


def test_rows_of_files_that_are_gone_are_refused_unless_there_is_a_reason(tmp_path):
    tree(tmp_path, *PATHS)
    table(tmp_path, *(f"{path},x" for path in PATHS), *(f"rock/gone{i}.wav,x" for i in range(9)))
    message = refusal(tmp_path)
    assert "no file for 9 of its 14 paths," in message and message.count("is not a file here") == 5
    assert set(groups(tmp_path, allow_ungrouped="a part of the data only").values()) == {"x"}


def test_a_table_of_which_nothing_matches_is_refused_whatever_the_reason(tmp_path):
    tree(tmp_path, *PATHS)
    table(tmp_path, *(f"music/{path},x" for path in PATHS))
    message = refusal(tmp_path, allow_ungrouped="whatever")
    assert "of its 5 paths none is here" in message and "did you mean 'blues/a1.wav'" in message


def test_what_needs_no_row(tmp_path):
    """Unlabelled clips, classes left out, faulty files, an explicit empty group; and rows of all those are no fault."""
    tree(tmp_path, *PATHS, "unlabelled/u.wav", "pop/p.wav", "loose.wav")
    (tmp_path / "jazz" / "b3.m4a").write_bytes(b"x")
    table(tmp_path, *(f"{path},x" for path in PATHS[:4]), "rock/c1.wav,")
    assert groups(tmp_path, leave_out=["pop"]) | {} == {
        **dict.fromkeys(PATHS[:4], "x"), "rock/c1.wav": None, "unlabelled/u.wav": None, "loose.wav": None,
        "jazz/b3.m4a": None,
    }  # fmt: skip
    table(tmp_path, *(f"{path},x" for path in [*PATHS, "unlabelled/u.wav", "pop/p.wav", "loose.wav", "jazz/b3.m4a"]))
    assert groups(tmp_path)["unlabelled/u.wav"] == "x"


def test_a_table_without_rows_says_that_there_are_no_groups(tmp_path):
    tree(tmp_path, "blues/blues.00000.wav", "jazz/jazz.00000.wav")
    assert None not in groups(tmp_path).values()
    table(tmp_path)
    assert set(groups(tmp_path).values()) == {None}


def test_the_nearest_name_is_found_among_many_files(tmp_path):
    tree(tmp_path, "blues/a1.wav", "jazz/b1.wav")
    for i in range(3000):
        (tmp_path / "blues" / f"{i:05d}.wav").touch()
    rows = [f"blues/{i:05d}.wav,x" for i in range(3000)]
    table(tmp_path, *rows, "blues/a1.wav,x", "JAZZ/B1.wav,y")
    message = refusal(tmp_path)
    assert "'JAZZ/B1.wav' is not a file here (did you mean 'jazz/b1.wav'?)" in message


@pytest.mark.parametrize(
    "text",
    [
        "Path, Group\nblues/a1.wav, x\njazz/b1.wav , y\n",
        "path,group,,\nblues/a1.wav,x,,\njazz/b1.wav,y,,\n,,,\n ,,,\n",
        "group;path\ny;jazz/b1.wav\nx;.\\blues\\a1.wav\n;\n",
    ],
    ids=["blanks and capitals", "empty cells of a spreadsheet", "semicolons"],
)
def test_what_spreadsheets_add_does_no_harm(tmp_path, text):
    tree(tmp_path, "blues/a1.wav", "jazz/b1.wav")
    (tmp_path / "groups.csv").write_text(text)
    assert groups(tmp_path) == {"blues/a1.wav": "x", "jazz/b1.wav": "y"}


def test_a_column_with_a_cell_in_it_needs_a_name_of_its_own(tmp_path):
    tree(tmp_path, "blues/a1.wav", "jazz/b1.wav")
    (tmp_path / "groups.csv").write_text("path,group,,\nblues/a1.wav,x,1,2\njazz/b1.wav,y,,\n")
    assert "line 1: the column '' is there a second time" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["Groups.csv", "groups.CSV", "group.csv"])
def test_a_table_whose_name_is_spelt_otherwise_is_not_passed_over(tmp_path, name):
    tree(tmp_path, *PATHS)
    (tmp_path / name).write_text("path,group\n")
    assert f"expected one table of groups, groups.csv, got {name}" in refusal(tmp_path)


def test_a_table_that_is_a_link_to_nowhere_is_refused(tmp_path):
    (tree(tmp_path, *PATHS) / "groups.csv").symlink_to("nowhere.csv")
    assert "groups.csv cannot be read" in refusal(tmp_path)


def test_the_training_clips_of_kaggle_have_groups_as_well(tmp_path):
    tree(tmp_path, *(f"train/{path}" for path in PATHS), "test/x.wav")
    table(tmp_path, *(f"train/{path},{path[-6]}" for path in PATHS), "test/x.wav,a")
    stated = groups(tmp_path, name="kaggle")
    assert stated == {f"train/{path}": path[-6] for path in PATHS} | {"test/x.wav": None}
    table(tmp_path, f"train/{PATHS[0]},a")
    assert "no row for 4 of 5 labelled files" in refusal(tmp_path, "kaggle")
