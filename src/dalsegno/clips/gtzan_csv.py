"""Published facts about each of GTZAN's 1,000 clips: its artist, and its place in the published partitions."""

import csv
from functools import cache
from pathlib import Path, PurePath

FACTS = Path(__file__).with_name("gtzan.csv")


@cache
def facts() -> dict[str, dict[str, str]]:
    """The facts by clip, blues.00000 …: clip, artist, fault_filtered, artist_fold, artist_group, each empty if not known."""
    with FACTS.open(newline="", encoding="utf-8") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return {row["clip"]: row for row in rows}


def artist(path: PurePath) -> str:
    """The artist of a file that is named as a clip of GTZAN and lies in the folder of its genre; empty if not known."""
    genre = path.stem.split(".")[0]
    return facts().get(path.stem, {}).get("artist", "") if genre in path.parts[:-1] else ""
