"""Files that are copies of one recording are one piece of evidence, also where only a clip of the training links them."""

from pathlib import Path

import pandas as pd

from dalsegno.artefacts.data_set import copies_csv
from dalsegno.clips.inspect_audio import Facts
from dalsegno.inference import known
from dalsegno.pipeline.runtime import Runtime


def test_copies_are_linked_by_clips_of_the_training(monkeypatch):
    """One and two are near copies of different clips of the training, which are near copies of each other."""
    pairs = [("ours x", "0"), ("ours x", "ours y"), ("ours y", "1")]
    rows = [(*pair, "near", 1.0) for pair in pairs]
    monkeypatch.setattr(known.search, "near", lambda *_: pd.DataFrame(rows, columns=copies_csv.COLUMNS))
    paths = [Path(name) for name in ("one", "two", "three", "again", "unreadable", "broken")]
    facts = [Facts(sha256=content) for content in ("x", "y", "1", "2", "3", "2", "", "")]
    found, near, recordings = known._near(["x", "y"], paths, [Path("x"), Path("y"), *paths], facts, Runtime())
    assert found == {paths[0]: ("near", "x"), paths[1]: ("near", "y")} and near.empty
    one, two, three, again, *unread = (recordings[path] for path in paths)
    assert one == two == again != three and len({one, three, *unread}) == 4
