"""docs/ladder.md: every recipe that it names is there, and its intervals are those of our own function."""

import re

import numpy as np
import pytest
from support.recipe_trees import HERE, RECIPES, header

from dalsegno.scoring.statistics import share

TEXT = (HERE / "docs/ladder.md").read_text()
SECTIONS = {section.splitlines()[0]: section for section in TEXT.split("\n## ")[1:]}
SCORED = {"GTZAN, fault-filtered": 290, "GTZAN, 100 clips": 100, "A course's Kaggle contest": 100}
ROW = re.compile(r"^\| ([^|]+) \| ([\d.]+) \| ([\d.]+)–([\d.]+) \|", re.MULTILINE)


def test_every_recipe_that_it_names_is_there():
    named = set(re.findall(r"recipes/(\w+)\.yaml", TEXT))
    assert len(named) > 8 and named <= RECIPES.keys()


@pytest.mark.parametrize(("title", "n"), SCORED.items())
def test_intervals_are_those_of_as_many_clips(title, n):
    (section,) = [text for head, text in SECTIONS.items() if head.startswith(title)]
    rows = ROW.findall(section)
    assert len(rows) == section.count("\n| ") - 2
    for system, accuracy, *ends in rows:
        hits = np.arange(n) < round(float(accuracy) / 100 * n)
        tally = share.tally(hits.astype(float), np.ones(n), np.arange(n))
        assert [f"{100 * end:.1f}" for end in share.intervals([tally], 0.95)[0]] == ends, system


def test_the_headers_of_one_collection_agree_with_each_other_and_with_the_table():
    """mn04 and the SVM are the same entries in both recipes, on the same folds; one header had been left as it was."""
    (section,) = [text for head, text in SECTIONS.items() if head.startswith("Instruments")]
    told = {name: header(name)[1]["Expect"].split("After")[0] for name in ("instruments", "instruments_musicnn")}
    said = {name: set(re.findall(r"([\d.]+)\s+\(([\d.]+–[\d.]+)\)", text)) for name, text in told.items()}
    table = re.findall(r"^\| [^|]+ \| ([\d.]+) \| ([\d.–]+) \| `recipes/(\w+)\.yaml`", section, re.MULTILINE)
    for name, results in said.items():
        assert {row[:2] for row in table if row[2] == name} <= results
    for entry in ("mn04", "SVM", "majority"):
        found = {re.search(rf"{entry} ([\d.]+)\s+\(([\d.–]+)\)", " ".join(text.split()))[0] for text in told.values()}
        assert len(found) == 1, found
