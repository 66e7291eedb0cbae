"""What the clips cannot show, in sentences."""

import re

import pandas as pd
import pytest

from dalsegno.artefacts.data_set import clips_csv, copies_csv
from dalsegno.clips.whole import evidence, limits

NO_COPIES = pd.DataFrame([], columns=copies_csv.COLUMNS)


def said(n_per_class, group=lambda i: f"g{i}", seconds=5.0, labels="ab", root="../my music"):
    rows = [(f"{label}{i}", label, group(i)) for label in labels for i in range(n_per_class)]
    clips = pd.DataFrame("", index=range(len(rows)), columns=clips_csv.COLUMNS)
    clips[["clip_id", "label", "group"]] = rows
    clips["duration_s"] = seconds
    return limits.limits(clips, root, evidence.weigh(clips, NO_COPIES))


def test_many_clips_in_many_groups_need_no_word():
    assert said(400) == []


@pytest.mark.parametrize(
    ("how", "starts"),
    [
        ({"n_per_class": 400, "group": lambda i: ""}, "No groups are known: "),
        (
            {"n_per_class": 400, "group": lambda i: f"g{i}" if i else ""},
            "No group is known for 2 of 800 labelled clips: ",
        ),
        ({"n_per_class": 400, "seconds": 1.5}, "Clips shorter than 3 s: 800 of 800 "),
    ],
)
def test_each_lack_is_said_alone(how, starts):
    (sentence,) = said(**how)
    assert sentence.startswith(starts) and (
        "no group" not in sentence.lower() or "`dalsegno groups '../my music'`" in sentence
    )


def test_a_table_of_groups_that_is_there_is_to_be_filled_in_and_not_drafted_again(tmp_path):
    (tmp_path / "groups.csv").write_text("path,group\n")
    (sentence,) = said(400, group=lambda i: "", root=str(tmp_path))
    assert sentence.endswith(f"Fill in the column `group` of {tmp_path}/groups.csv.")


def test_a_correlation_that_changes_nothing_is_not_mentioned_twice():
    """A near copy links two clips, and all others are alone."""
    clips = pd.DataFrame("", index=range(80), columns=clips_csv.COLUMNS)
    clips = clips.assign(clip_id=[f"c{i:02d}" for i in range(80)], label=["a", "b"] * 40, duration_s=5.0)
    copies = pd.DataFrame([("c00", "c02", "near", 0.9)], columns=copies_csv.COLUMNS)
    (sentence,) = [s for s in limits.limits(clips, ".", evidence.weigh(clips, copies)) if s.startswith("About ")]
    assert sentence.endswith("right or wrong together with a correlation of 0.2.")


def test_a_class_of_fewer_groups_than_folds_is_named_before_a_run_stops_on_it():
    two = [s for s in said(400, group=lambda i: f"g{i % 2}") if "groups: " in s]
    assert two == [
        "Classes of fewer than 3 groups: “a” (2), “b” (2). A group stays on one side of a split, so 3 folds, as in the default, "
        "are refused: find clips of others, or set `splits.folds` to 2."
    ]
    (one,) = [s for s in said(400, group=lambda i: "g") if "groups: " in s]
    assert one.endswith("find clips of others, or leave those of one group out (`dataset.leave_out`).")


def test_a_crop_that_is_proposed_fits_nine_clips_of_ten():
    (sentence,) = said(400, seconds=1.57)
    assert sentence.endswith(
        "The shortest lasts 1.57 s, and nine of ten last 1.5 s or more: `view.crop_s: 1.5` suits them."
    )
    mixed = pd.Series([5.0] * 795 + [2.0] * 5)  # fewer than one in ten: the default suits
    (sentence,) = said(400, seconds=mixed)
    assert "5 of 800 labelled clips." in sentence and sentence.endswith("The shortest lasts 2.00 s.")


def test_few_groups_and_few_clips_are_said_with_what_would_do():
    few, classes, enough = said(9, group=lambda i: f"g{i // 3}")
    assert few.startswith("Only 3 groups (") and "tested once, the interval" in few and "“a” (9), “b” (9)" in classes
    assert re.search(r"About \d+0 clips per class \(the smallest has 9\), in groups", enough)


def test_as_many_clips_as_are_asked_for_would_do():
    n = int(re.search(r"About (\d+) clips", said(50)[-1])[1])
    assert said(n) == [] and said(int(0.8 * n)) != []


def test_groups_of_unequal_size_take_more_clips_and_a_stronger_correlation_more_still():
    """Of each 50 clips of a class 20 are of one group: as large as now means that more clips are of more such groups."""

    def unequal(n):
        return [s for s in said(n, group=lambda i: f"{i // 50}-{min(i % 50, 30)}") if s.startswith("About")]

    n, more = map(int, re.search(r"About (\d+) clips.*with 0\.5, it takes about (\d+)", unequal(50)[0]).groups())
    assert 500 < n < more and unequal(n + 50) == [] and unequal(int(0.8 * n)) != []
    assert "assumes that clips of one group are right or wrong together with a correlation of 0.2" in unequal(50)[0]
    alone = said(50, group=lambda i: "")
    assert "correlation" not in alone[-1] and "each of an artist and a recording of its own" in alone[-1]
