"""GTZAN's artists as groups, held against the published facts."""

from collections import defaultdict
from pathlib import Path, PurePath

import pandas as pd
import pytest

from dalsegno.clips import gtzan_csv

TRACKS = Path("../shared/data/gtzan_meta/gtzan_tracks.csv")


def artists():
    """The clips of each artist, as the table spells them."""
    clips = defaultdict(list)
    for clip, fact in gtzan_csv.facts().items():
        clips[fact["artist"]].append(clip)
    del clips[""]
    return clips


def groups_of(*names):
    return {gtzan_csv.groups()[clip] for name in names for clip in artists()[name]}


@pytest.mark.parametrize(
    "names",
    [
        ("Rage Against the Machine", "Rage Against The Machine"),
        ("Lauryn Hill", "Lauryn Hill and Bob Marley", "Bob Marley"),
        ("Michael Jackson & Janet Jackson", "Janet Jackson"),
        ("Peter Tosh and Mick Jagger", "Peter Tosh"),
        ("Barbra Streisand and Donna Summer", "Donna Summer"),
        ("Mariah Carey", "Aretha Franklin, Celine Dion, Mariah Carey, Shania Twain & Gloria Estefan", "Shania Twain"),
        ("KC and The Sunshine Band", "Peaches and Herb"),  # a published artist group
        ("50 Cent", "A Tribe Called Quest"),  # a published artist group
    ],
)
def test_one_artist_however_written_and_everyone_in_a_duet_are_one_group(names):
    assert len(groups_of(*names)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Earth Wind and Fire", "Love and Kisses"),
        ("Prince", "Prince Buster"),
        ("Lipps, Inc.", "Shirley & Company"),
        ("Janet Jackson", "Latoya Jackson"),
        ("Queen", "Creed"),
    ],
)
def test_other_artists_stay_apart(one, other):
    assert groups_of(one).isdisjoint(groups_of(other))


def test_only_the_links_that_are_there_join_artists():
    joined = defaultdict(set)
    for name, clips in artists().items():
        joined[gtzan_csv.groups()[clips[0]]].add(name)
    assert {len({gtzan_csv.groups()[clip] for clip in clips}) for clips in artists().values()} == {1}
    assert sorted(len(names) for names in joined.values() if len(names) > 1) == [2, 2, 2, 2, 2, 2, 3, 4]


def test_a_group_is_named_after_its_chief_artist():
    assert groups_of("John Lee Hooker") == {"John Lee Hooker"}
    assert groups_of("Rage Against the Machine") == {"Rage Against The Machine"}
    assert groups_of("Lauryn Hill") == {"Bob Marley and others"}


def test_clips_of_a_published_group_are_in_one_group():
    together = defaultdict(set)
    for clip, fact in gtzan_csv.facts().items():
        if fact["artist_group"] and fact["artist"]:
            together[fact["artist_group"]].add(gtzan_csv.groups()[clip])
    assert len(together) > 300 and all(len(groups) == 1 for groups in together.values())


def test_a_file_has_the_group_of_its_clip_if_it_lies_in_the_folder_of_its_genre():
    assert gtzan_csv.group(PurePath("metal/metal.00058.wav")) == gtzan_csv.groups()["metal.00058"] != ""
    assert gtzan_csv.group(PurePath("Metal/metal00058.png")) == gtzan_csv.groups()["metal.00058"]  # as Kaggle has them
    assert gtzan_csv.group(PurePath("metal/metal.00058.3.wav")) == gtzan_csv.groups()["metal.00058"]
    assert gtzan_csv.group(PurePath("mine/metal.00058.wav")) == gtzan_csv.group(PurePath("metal/mine.wav")) == ""


def test_pieces_of_a_clip_stay_together_though_its_artist_is_not_known():
    unknown = next(clip for clip, fact in gtzan_csv.facts().items() if not fact["artist"])
    whole, *pieces = (PurePath(unknown.split(".")[0], f"{unknown}{end}.wav") for end in ("", ".0", "_part 7"))
    assert [gtzan_csv.group(path) for path in (whole, *pieces)] == ["", unknown, unknown]


@pytest.mark.parametrize(
    "name", ["A feat. B", "A ft. B", "A featuring B", "A vs. B", "A with B", "A, B", "The A & the B"]
)
def test_duets_are_split(name):
    assert {"a", "b"} < set(gtzan_csv._artists(name))


def test_words_within_names_do_not_split_them():
    assert gtzan_csv._artists("Alexandra Withers") == ["alexandra withers"]
    assert gtzan_csv._artists("AC/DC") == ["acdc"]


@pytest.mark.skipif(not TRACKS.exists(), reason="the published facts of ../shared/data are not here")
def test_the_table_is_the_published_one():
    published = pd.read_csv(TRACKS, dtype=str, keep_default_na=False).set_index("clip")
    facts = pd.DataFrame(gtzan_csv.facts().values()).set_index("clip").loc[published.index]
    for column in ("fault_filtered", "artist_fold", "artist_group"):
        assert facts[column].equals(published[column])
    assert (facts["artist"] != published["artist"]).sum() <= 2
