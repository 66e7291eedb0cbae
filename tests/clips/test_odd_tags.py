"""Tags and folders as they are met: ID3 written in every encoding, several artists, nobody in many tongues."""

import unicodedata

import numpy as np
import pytest
import soundfile as sf
from support.tunes import examine

from dalsegno.clips.groups import tags

ENCODINGS = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}


def id3(path, artist=None, encoding=3, version=4, album=None, raw=None):
    """An mp3 whose ID3v2 tag is written byte by byte; raw: the content of the artist's frame."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, np.random.default_rng(list(path.name.encode())).normal(0, 0.1, 8000), 8000)
    body = b""
    for name, text in ((b"TPE1", artist), (b"TALB", album)):
        if text is not None or (raw and name == b"TPE1"):
            data = raw if raw and name == b"TPE1" else bytes([encoding]) + text.encode(ENCODINGS[encoding])
            body += name + (size(len(data)) if version == 4 else len(data).to_bytes(4, "big")) + b"\0\0" + data
    path.write_bytes(b"ID3" + bytes([version, 0, 0]) + size(len(body)) + body + path.read_bytes())


def size(n):
    return bytes([n >> 21 & 127, n >> 14 & 127, n >> 7 & 127, n & 127])


def groups(root, **options):
    found = examine(root, near_copies=False, **options).clips
    return dict(found[["path", "group"]].itertuples(index=False))


def test_an_artist_is_one_in_whatever_encoding(tmp_path):
    for version, encoding in ((3, 0), (3, 1), (4, 0), (4, 1), (4, 2), (4, 3)):
        id3(tmp_path / "a" / f"v{version}e{encoding}.mp3", "Björk", encoding, version)
    id3(tmp_path / "a" / "mojibake.mp3", "Björk".encode().decode("latin-1"), 1)
    id3(tmp_path / "a" / "lost.mp3", raw=b"\x03Bj\xf6rk")
    id3(tmp_path / "b" / "other.mp3", "Cher")
    found = groups(tmp_path)
    assert found.pop("b/other.mp3") == "cher"
    assert len(found) == 8 and set(found.values()) == {"björk"}


def test_several_artists_stay_with_the_first_of_them(tmp_path):
    for i, artist in enumerate(
        ["Queen\0David Bowie", "Queen; David Bowie", "Queen/David Bowie", "Queen & David Bowie"]
    ):
        id3(tmp_path / "a" / f"{i}.mp3", artist)
    id3(tmp_path / "a" / "alone.mp3", "Queen")
    id3(tmp_path / "b" / "slash.mp3", "AC/DC")
    id3(tmp_path / "b" / "and.mp3", "Simon & Garfunkel")
    found = groups(tmp_path)
    assert found.pop("b/slash.mp3") == "ac/dc" and found.pop("b/and.mp3") == "simon & garfunkel"
    assert set(found.values()) == {"queen"}


@pytest.mark.parametrize(
    "guest",
    [
        "feat. X",
        "Feat.X",
        "ft X",
        "(feat. X)",
        "[ft. X]",
        "featuring X & Y",
        "f. X",
        "(with X)",
        "w/ X",
        "(w/ X)",
        "; X",
    ],
)
def test_guests_do_not_make_another_artist(guest):
    assert tags.names({"artist": f"Cher {guest}"}).artist == "cher"


@pytest.mark.parametrize("artist", ["Florence and the Machine", "f.r. david", "Withered Hand", "with", "Ftampa"])
def test_what_only_looks_like_a_guest_stays(artist):
    assert tags.names({"artist": artist}).artist == artist.casefold()


@pytest.mark.parametrize(
    "nobody",
    [
        "Verschiedene Interpreten",
        "ARTISTES DIVERS",
        "Vários Artistas",
        "Unbekannter Künstler",
        "Artista sconosciuto",
        "Разные исполнители",
        "ヴァリアス・アーティスト",
        "群星",
        "Various Composers",
    ],
)
def test_nobody_is_nobody_in_every_tongue(nobody):
    assert tags.names({"artist": nobody, "album": "Now 3"}).group == "album: now 3"
    assert tags.names({"artist": unicodedata.normalize("NFD", nobody)}).group == ""


def test_two_names_are_led_by_a_third_only_if_it_is_there():
    named = [tags.Names(artist) for artist in ("queen & adam", "queen", "adam, ann", "ann", "queens & co")]
    assert tags.groups(named) == ["queen", "queen", "adam, ann", "ann", "queens & co"]
    albums = [tags.Names(album=album) for album in ("hits", "hits & more", "rest")]
    assert tags.groups(albums) == ["album: hits", "album: hits & more", "album: rest"]


def test_folders_that_differ_in_case_blanks_or_the_form_of_letters_are_one_group(tmp_path):
    for i, folder in enumerate(["ABBA ", "abba", "Björk", unicodedata.normalize("NFD", "BJÖRK")]):
        id3(tmp_path / "pop" / folder / f"{i}.mp3")
        id3(tmp_path / "rock" / f"{i} too.mp3")
    found = groups(tmp_path, groups="folders")
    assert sorted(found.values()) == ["", "", "", "", "abba", "abba", "björk", "björk"]
