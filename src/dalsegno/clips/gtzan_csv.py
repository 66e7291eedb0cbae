"""Published facts about each of GTZAN's 1,000 clips: its artist, and its place in the published partitions."""

import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path, PurePath

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

FACTS = Path(__file__).with_name("gtzan.csv")
_NAME = re.compile(r"([a-z]+)\.?(\d{5})(?P<piece>[._ -].+)?")
_TOGETHER = re.compile(r"\s*(?:[,&;+]|\b(?:and|with|feat|featuring|ft|vs)\b\.?)\s*")


@cache
def facts() -> dict[str, dict[str, str]]:
    """The facts by clip, blues.00000 …: clip, artist, fault_filtered, artist_fold, artist_group, each empty if not known."""
    with FACTS.open(newline="", encoding="utf-8") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return {row["clip"]: row for row in rows}


@cache
def groups() -> dict[str, str]:
    """The group of each clip whose artist is known: clips that must share a split, named after their chief artist.

    Clips are linked that have an artist in common, however written ("Rage Against the Machine", "… The Machine"); a duet
    links those who sing it; and clips that the published artist groups keep together.
    """
    clips = list(facts())
    keys = [[*_artists(fact["artist"]), *_published(fact)] for fact in facts().values()]
    columns = {key: i for i, key in enumerate(dict.fromkeys(key for row in keys for key in row), start=len(clips))}
    links = np.array([(i, columns[key]) for i, row in enumerate(keys) for key in row]).T
    n = len(clips) + len(columns)
    _, component = connected_components(
        coo_array((np.ones(links.shape[1]), tuple(links)), shape=(n, n)), directed=False
    )
    artists: dict[int, list[str]] = {}
    for clip, c in zip(clips, component, strict=False):
        artists.setdefault(c, []).extend(filter(None, [facts()[clip]["artist"]]))
    names = {c: _chief(several) for c, several in artists.items() if several}
    return {clip: names[c] for clip, c in zip(clips, component, strict=False) if c in names}


def clip(path: PurePath) -> str:
    """The clip of GTZAN that a file is named as, or as a piece of: `blues.00000` of `Blues00000.png`, `blues.00000.3.wav`.

    Empty if there is none.
    """
    named = _NAME.fullmatch(path.stem.casefold())
    return name if named and (name := f"{named[1]}.{named[2]}") in facts() else ""


def group(path: PurePath) -> str:
    """The group of a file that is named as a clip of GTZAN, or a piece of one, and lies in the folder of its genre.

    Empty if not known; pieces of a clip whose artist is not known are a group of their own.
    """
    name, named = clip(path), _NAME.fullmatch(path.stem.casefold())
    if not named or named[1] not in map(str.casefold, path.parts[:-1]):
        return ""
    return groups().get(name, name if named["piece"] else "")


def _chief(artists: list[str]) -> str:
    """The name of a group: the artist of most of its clips, and whether there are others."""
    chief = max(sorted(set(artists)), key=Counter(artists).__getitem__)
    return chief if {_spelt(artist) for artist in artists} == {_spelt(chief)} else f"{chief} and others"


def _artists(name: str) -> list[str]:
    """Everyone in `name`, as a whole and one by one, each spelt one way: `Lauryn Hill and Bob Marley` are three."""
    whole = _spelt(name)
    return [artist for artist in {whole, *map(_spelt, _TOGETHER.split(name.casefold()))} if artist]


def _spelt(name: str) -> str:
    words = re.sub(r"[^\w\s]", "", name.casefold().replace("&", " and ")).split()
    return " ".join(words[1:] if words[:1] == ["the"] else words)


def _published(fact: dict[str, str]) -> list[str]:
    return [f"group {fact['artist_group']}"] if fact["artist_group"] else []
