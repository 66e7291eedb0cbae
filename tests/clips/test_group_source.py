"""Groups where no table states them: from tags, from folders, or none; and the draft of a table."""

import unicodedata

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from support.tunes import examine

from dalsegno.cli import main as command_line
from dalsegno.clips.groups import tags
from dalsegno.pipeline.errors import UserError


def song(path, artist=None, album=None):
    """A noise that no other path has, tagged."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(list(path.name.encode()))
    with sf.SoundFile(path, "w", 8000, 1) as sound:
        if artist is not None:
            sound.artist = artist
        if album is not None:
            sound.album = album
        sound.write(rng.normal(0, 0.1, 8000) * np.linspace(1, 0, 8000))


def groups(examination):
    return dict(examination.clips[["path", "group"]].itertuples(index=False))


def state(examination):
    found = examination.summary()["groups"]
    return found["source"], found["n"], found["clips_without"]


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_clips_of_one_artist_share_a_group_however_the_name_is_spelt(tmp_path, suffix):
    spellings = ["Björk", unicodedata.normalize("NFD", "BJÖRK "), "björk  feat. Thom Yorke"]
    for i, artist in enumerate(spellings):
        song(tmp_path / "pop" / f"a{i}.{suffix}", artist)
    song(tmp_path / "rock" / f"b.{suffix}", "Queen", "Jazz")
    song(tmp_path / "rock" / f"c.{suffix}", " ", "The Sampler")
    song(tmp_path / "rock" / f"d.{suffix}")
    found = examine(tmp_path)
    assert {groups(found)[f"pop/a{i}.{suffix}"] for i in range(3)} == {"björk"}
    assert groups(found)[f"rock/b.{suffix}"] == "queen" and groups(found)[f"rock/c.{suffix}"] == "album: sampler"
    assert groups(found)[f"rock/d.{suffix}"] == ""
    assert state(found) == ("tags", 3, 1)


@pytest.mark.parametrize(
    "name", ["", "  ", "Various Artists", "V.A.", "<unknown>", "???", "\ufffd\ufffd\ufffd a", "\0\0", "N/A"]
)
def test_names_of_nobody_are_no_artists(name):
    assert tags.names({"artist": name}).group == ""
    assert tags.names({"artist": name, "album": "Now 3"}).group == "album: now 3"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("BjÃ¶rk", "björk"),
        ("The Beatles", "beatles"),
        ("Ｑｕｅｅｎ", "queen"),
        ("A\u200bB\nC", "a b c"),
        ("The The", "the"),
    ],
)
def test_odd_spellings_are_read_as_meant(written, meant):
    assert tags.spelt(written) == meant


def test_a_name_with_lost_letters_is_the_one_that_it_fits():
    named = [tags.Names(name) for name in ("bj\ufffdrk", "björk", "m\ufffdller", "müller", "möller", "mıller x")]
    assert tags.groups(named) == ["björk", "björk", "m\ufffdller", "müller", "möller", "mıller x"]


def test_a_tag_of_ten_thousand_characters_is_kept_short_and_differs_from_another():
    one, other = (tags.spelt("x" * 10_000 + end) for end in "ab")
    assert one != other and max(len(one), len(other)) < 100


def test_one_artist_alone_is_parted_by_albums_and_one_album_is_no_group(tmp_path):
    for i in range(4):
        song(tmp_path / "ab"[i % 2] / f"{i}.flac", "Me", f"Album {i // 2}")
    assert state(examine(tmp_path)) == ("tags", 2, 0)
    for i in range(4):
        song(tmp_path / "ab"[i % 2] / f"{i}.flac", "Me", "All")
    assert state(examine(tmp_path)) == ("none", 0, 4)


def test_a_table_goes_before_tags_unless_tags_are_asked_for(tmp_path):
    song(tmp_path / "a" / "x.flac", "Björk")
    song(tmp_path / "b" / "y.flac", "Queen")
    (tmp_path / "groups.csv").write_text("path,group\na/x.flac,one\nb/y.flac,\n")
    assert groups(examine(tmp_path)) == {"a/x.flac": "one", "b/y.flac": ""}
    assert state(examine(tmp_path)) == ("file", 1, 1)
    assert groups(examine(tmp_path, groups="tags")) == {"a/x.flac": "björk", "b/y.flac": "queen"}
    assert state(examine(tmp_path, groups="none")) == ("none", 0, 2)
    (tmp_path / "groups.csv").write_text("path,group\n")
    assert state(examine(tmp_path)) == ("none", 0, 2)


def test_folders_below_the_class_are_groups_when_asked(tmp_path):
    for path in ("rock/Queen/Jazz/1.flac", "rock/Queen/Opera/2.flac", "pop/Queen/3.flac", "pop/4.flac"):
        song(tmp_path / path)
    found = examine(tmp_path, groups="folders")
    assert list(groups(found).values()) == ["", "queen", "queen", "queen"] and state(found) == ("folders", 1, 1)


def test_a_table_that_is_asked_for_must_be_there(tmp_path):
    song(tmp_path / "a" / "x.flac")
    song(tmp_path / "b" / "y.flac")
    with pytest.raises(UserError, match=r"groups\.csv.*`dalsegno groups .*` drafts one"):
        examine(tmp_path, groups="file")


def test_the_draft_takes_tags_then_folders_and_is_read_as_it_stands(tmp_path, capsys):
    song(tmp_path / "rock" / "Queen" / "1.flac", "Queen")
    song(tmp_path / "rock" / "Untagged, Live" / "2.flac")
    song(tmp_path / "pop" / "3.flac", "=cmd|' /C calc'!A0")
    song(tmp_path / "pop" / "4.flac")
    command_line.main(["groups", str(tmp_path)])
    rows = pd.read_csv(tmp_path / "groups.csv", keep_default_na=False).set_index("path")
    assert rows["from"].to_dict() == {
        "pop/3.flac": "tags", "pop/4.flac": "", "rock/Queen/1.flac": "tags", "rock/Untagged, Live/2.flac": "folder"
    }  # fmt: skip
    assert "2 by their tags, 1 by their folder, 1 with no guess" in capsys.readouterr().out
    assert state(examine(tmp_path)) == ("file", 3, 1)
    with pytest.raises(SystemExit, match="exists already"):
        command_line.main(["groups", str(tmp_path)])


def test_the_draft_keeps_what_the_data_set_states_itself(tmp_path, capsys):
    """A table of tags alone would part the published artists, as every run reads the table from then on."""
    for path in ("blues/blues.00000.wav", "blues/mine.flac", "rock/rock.00016.wav"):
        song(tmp_path / path, "Queen" if "mine" in path else "Somebody")
    before = examine(tmp_path).clips.set_index("path")["group"]
    command_line.main(["groups", str(tmp_path)])
    assert "2 as the data set states, 1 by their tags, 0 by their folder" in capsys.readouterr().out
    after = examine(tmp_path)
    assert after.groups_from == "file"
    assert after.clips.set_index("path")["group"].to_dict() == before.to_dict() | {"blues/mine.flac": "queen"}


def test_the_draft_has_a_row_for_a_file_of_many_pieces_and_the_groups_of_a_column(tmp_path, monkeypatch):
    for name in ("x", "y"):
        song(tmp_path / "data" / f"{name}.flac")
    rows = "path,label,who,from,to\nx.flac,a,Ann,0,0.6\nx.flac,a,Ann,0.3,0.9\ny.flac,b,,,\n"
    (tmp_path / "data" / "t.csv").write_text(rows)
    columns = "{path: path, label: label, group: who, start_s: from, end_s: to}"
    (tmp_path / "params.yaml").write_text(f"dataset: {{name: table, root: data, table: t.csv, columns: {columns}}}\n")
    monkeypatch.chdir(tmp_path)
    command_line.main(["groups", "data", "--dataset", "table"])
    assert (tmp_path / "data" / "groups.csv").read_text() == "path,group,from\nx.flac,Ann,data set\ny.flac,,\n"
