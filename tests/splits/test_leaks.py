"""Leaks: what crosses is found, named and counted; what does not is left alone."""

import pandas as pd
import pytest

from dalsegno.pipeline.errors import UserError
from dalsegno.splits import leaks

NO_COPIES = pd.DataFrame(columns=["clip_id_a", "clip_id_b", "kind", "similarity"])


def rows(*clips):
    return pd.DataFrame(clips, columns=["clip_id", "label", "group", "fold0", "fold1"])


CLEAN = rows(
    ("a", "x", "g", "train", "test"),
    ("b", "x", "g", "train", "test"),
    ("c", "x", "h", "test", "train"),
    ("d", "y", "", "valid", ""),
    ("e", "y", "", "test", "valid"),
    ("f", "", "g", "unlabelled", "unlabelled"),
)


def copies(*pairs):
    return pd.DataFrame(pairs, columns=["clip_id_a", "clip_id_b", "kind"])


def crossings(splits, pairs=NO_COPIES):
    return list(leaks.check(splits, pairs).itertuples(index=False, name=None))


def test_a_clean_split_has_none():
    pairs = copies(("a", "b", "exact"), ("a", "f", "near"), ("a", "gone", "exact"))
    assert crossings(CLEAN, pairs) == []
    leaks.refuse(leaks.check(CLEAN, pairs))


def test_a_group_that_crosses():
    poisoned = CLEAN.assign(group=["g", "h", "h", "", "", "g"])
    assert crossings(poisoned) == [(0, "group", "h", "train and test"), (1, "group", "h", "train and test")]


def test_copies_that_cross_by_fold_and_kind():
    pairs = copies(("c", "a", "exact"), ("e", "d", "near"))
    assert crossings(CLEAN, pairs) == [
        (0, "exact copy", "c = a", "train and test"),
        (0, "near copy", "e ~ d", "valid and test"),
        (1, "exact copy", "c = a", "train and test"),
    ]


def test_a_clip_whose_pieces_cross():
    pieces = CLEAN.assign(clip_id=["a#0/2", "a#1/2", "c#0/2", "c#1/2", "e", "f"], group="")
    assert crossings(pieces) == [(0, "clip", "c", "valid and test")]
    crossing = crossings(pieces.assign(fold0=["train", "valid", "test", "test", "test", ""]))
    assert crossing == [(0, "clip", "a", "train and valid")]


def test_a_clip_with_two_rows():
    twice = pd.concat([CLEAN, rows(("a", "x", "", "test", "test"))], ignore_index=True)
    assert (0, "clip", "a", "train and test") in crossings(twice)


def test_the_refusal_lists_twenty_and_counts_all():
    many = pd.DataFrame({
        "clip_id": [f"{k}{part}" for k in range(30) for part in "ab"],
        "label": "x",
        "group": [f"g{k:02d}" for k in range(30) for _ in "ab"],
        "fold0": ["train", "test"] * 30,
    })  # fmt: skip
    crossing = leaks.check(many, copies(("0a", "1b", "near")))
    counted = {"clip": 0, "group": 30, "exact copy": 0, "near copy": 1}
    assert leaks.counts(crossing) == counted
    in_two_folds = leaks.check(many.assign(fold1=many["fold0"]), copies(("0a", "1b", "near")))
    assert len(in_two_folds) == 2 * len(crossing) and leaks.counts(in_two_folds) == counted
    with pytest.raises(UserError) as refusal:
        leaks.refuse(crossing)
    message = str(refusal.value)
    assert "30 groups, 1 near copy in more than one part" in message
    assert message.count("\n  fold 0: group") == 20
    assert "… and 11 more" in message
    assert "splits.allow_leaks" in message


@pytest.mark.parametrize(
    ("parts", "spoilt"),
    [
        (["train", "test", "valid"], True),
        (["valid", "test", "train"], False),  # NSynth's own split: only the choice of an epoch can hear it
        (["train", "valid", "test"], False),
        (["train", "valid", "valid"], True),  # without a test part, validation is what is scored
        (["train", "train", "test"], False),
    ],
)
def test_what_is_scored_is_spoilt_by_what_was_trained_on(parts, spoilt):
    """The first two clips are of one group."""
    groups = ("g", "g", "")
    splits = pd.DataFrame([(c, "x", g, part) for c, g, part in zip("abc", groups, parts, strict=True)])
    splits.columns = ["clip_id", "label", "group", "fold0"]
    assert leaks.spoil(leaks.check(splits, NO_COPIES), splits) is spoilt
