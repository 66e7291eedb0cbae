"""Which clips of the training part resemble one that was scored: copies, the same group, pieces of the same clip."""

import pandas as pd

from dalsegno.report.listening.relatives import Family

COPIES = pd.DataFrame([("a1", "t1", "near", 0.99)], columns=["clip_id_a", "clip_id_b", "kind", "similarity"])


def family(rows, scored, copies=COPIES):
    splits = pd.DataFrame(rows, columns=["clip_id", "label", "group", "fold0", "fold1"])
    return Family(splits, copies, pd.DataFrame(scored, columns=["clip_id", "fold"]))


def test_copies_and_clips_of_the_group_in_the_training_part_of_the_fold_that_scores():
    rows = [
        ("t1", "jazz", "ella", "train", "test"),
        ("t2", "blues", "ella", "train", "test"),
        ("t3", "jazz", "other", "train", "train"),
        ("a1", "blues", "ella", "test", "train"),
    ]
    copy, group = family(rows, [("a1", 0)]).of("a1")
    assert copy.words == "A near copy of it, t1, labelled “jazz”, was trained on" and copy.labels == {"jazz": 1}
    assert group.words == "2 clips of its group, “ella”, were trained on" and group.labels == {"blues": 1, "jazz": 1}


def test_what_another_fold_trained_on_explains_nothing():
    rows = [("t1", "jazz", "ella", "test", "train"), ("a1", "blues", "ella", "test", "train")]
    assert family(rows, [("a1", 0), ("t1", 0)]).of("a1") == []


def test_clips_without_a_group_are_no_relatives():
    rows = [("t1", "jazz", "", "train", "train"), ("a2", "blues", "", "test", "test")]
    assert family(rows, [("a2", 0)]).of("a2") == []


def test_pieces_of_the_same_clip():
    rows = [("c#0/3", "jazz", "", "train", ""), ("c#1/3", "jazz", "", "test", ""), ("c#2/3", "jazz", "", "train", "")]
    (own,) = family(rows, [("c#1/3", 0)]).of("c#1/3")
    assert own.words == "2 other pieces of this clip were trained on"
