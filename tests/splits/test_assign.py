"""Splits: whole groups, every class, and partitions given from outside."""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import RepeatedStratifiedKFold

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.artefacts.data_set.clip_names import ClipNames
from dalsegno.artefacts.learning import splits_csv
from dalsegno.clips import gtzan_csv
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.params import parse
from dalsegno.splits import assign, caveats, draw, given, leaks, lists
from dalsegno.splits.protocol import OPTIONS, OfSegments, Params, Protocol

NO_COPIES = pd.DataFrame(columns=["clip_id_a", "clip_id_b", "kind", "similarity"])


def clips_of(labels, groups=None, split=None):
    ids = [f"clip{i:04d}" for i in range(len(labels))]
    return pd.DataFrame({
        "clip_id": ids,
        "path": [f"{label or 'new'}/{i}.wav" for i, label in zip(ids, labels, strict=True)],
        "label": labels,
        "group": groups if groups is not None else "",
        "split": split if split is not None else "",
        "sha256": [f"sum of {i}" for i in ids],
        "excluded": "",
    })  # fmt: skip


def random_clips(seed):
    """Classes of unequal size, groups of unequal size, some of them in several classes, some clips in none."""
    rng = np.random.default_rng(seed)
    labels, groups = [], []
    for c in range(rng.integers(2, 6)):
        for g in range(rng.integers(6, 15)):
            n = int(rng.integers(1, 8))
            labels += [f"class{c}"] * n
            groups += ["" if rng.random() < 0.1 else f"artist{c}.{g}" if rng.random() < 0.97 else "everyone"] * n
    return clips_of([*labels, "", "", ""], [*groups, "artist0.0", "", ""])


def random_copies(clips, seed):
    a, b = np.random.default_rng(seed).choice(clips["clip_id"], (2, 6), replace=False)
    kind = ["exact", "near"] * 3
    return pd.DataFrame({"clip_id_a": a, "clip_id_b": b, "kind": kind, "similarity": 1.0})


def split(clips, copies=NO_COPIES, segments=4, **values):
    p = Params(**values)
    return assign.split(clips, copies, p, segments, p.file if p.protocol == "file" else None, p.allow_missing)


def parts_of(rows):
    return rows.set_index("clip_id").filter(like="fold")


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("values", [{}, {"protocol": "kfold", "folds": 4, "repeats": 2, "valid_share": 0.15}])
def test_linked_clips_stay_together_and_every_clip_has_a_part(seed, values):
    clips = random_clips(seed)
    copies = random_copies(clips, seed)
    rows = split(clips, copies, seed=seed, **values).rows
    assert leaks.check(rows, copies).empty
    assert list(rows["clip_id"]) == sorted(clips["clip_id"])
    parts = parts_of(rows)
    known = rows.set_index("clip_id")["label"] != ""
    assert (parts[~known] == "unlabelled").all(axis=None)
    assert parts[known].isin(["train", "valid", "test"]).all(axis=None)
    for column in parts:
        assert set(rows.loc[(parts[column] == "train").to_numpy(), "label"]) == set(rows["label"]) - {""}
        assert {"valid", "test"} <= set(parts[column])


@pytest.mark.parametrize("seed", range(5))
def test_kfold_tests_every_clip_once_a_repeat(seed):
    clips = random_clips(seed)
    parts = parts_of(split(clips, protocol="kfold", folds=5, repeats=3, seed=seed).rows)
    tested = (parts == "test").to_numpy().reshape(len(clips), 3, 5).sum(2)
    assert (tested[(clips["label"] != "").to_numpy()] == 1).all()
    in_test = (parts == "test").to_numpy()
    assert (in_test[:, :5] != in_test[:, 5:10]).any(), "a repeat is drawn anew"


def test_shares_are_kept_in_every_class():
    clips = clips_of(["a"] * 100 + ["b"] * 300 + ["c"] * 50)
    rows = split(clips, valid_share=0.1, test_share=0.2).rows
    counts = pd.crosstab(rows["label"], rows["fold0"])
    assert counts["test"].to_dict() == {"a": 20, "b": 60, "c": 10}
    assert counts["valid"].to_dict() == {"a": 10, "b": 30, "c": 5}


def test_the_share_of_validation_is_of_all_clips_in_folds_as_well():
    rows = split(clips_of(["a"] * 100 + ["b"] * 40), protocol="kfold", folds=2, valid_share=0.2).rows
    for column in parts_of(rows):
        counts = pd.crosstab(rows["label"], rows[column])
        assert counts.loc["a"].to_dict() == {"test": 50, "train": 30, "valid": 20}
        assert counts.loc["b"].to_dict() == {"test": 20, "train": 12, "valid": 8}


def test_shares_with_groups_are_near():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(150), rng.integers(1, 9, 150))
    clips = clips_of([f"class{g % 3}" for g in groups], [f"g{g}" for g in groups])
    rows = split(clips).rows
    share = pd.crosstab(rows["label"], rows["fold0"], normalize="index")
    assert share["test"].between(0.07, 0.13).all()
    assert share["valid"].between(0.07, 0.13).all()


@pytest.mark.parametrize("share", [0.95, 0.01])
@pytest.mark.parametrize("seed", range(5))
def test_a_cut_keeps_a_unit_of_every_class_and_takes_one(share, seed):
    labels = np.array(["many"] * 20 + ["two"] * 2 + ["one"])
    cut = draw.carve(labels, np.arange(23), share, np.random.default_rng(seed))
    assert cut[20:22].sum() == 1 and not cut[22]
    assert 1 <= cut[:20].sum() <= 19


def chances(labels, groups, share, n_draws=200):
    """How often each group is tested, over many draws, and the mean share of test clips."""
    labels, unit = np.array(labels), pd.factorize(np.array(groups), sort=True)[0]
    drawn = [draw.holdout(labels, unit, 0.1, share, np.random.default_rng(k)) == "test" for k in range(n_draws)]
    chance = pd.Series(np.mean(drawn, 0)).groupby(np.array(groups)).first()
    return chance, np.mean(drawn)


def test_an_artist_of_many_clips_is_tested_as_often_as_one_of_few():
    sizes = [1] * 12 + [3] * 8 + [8] * 4 + [21, 25, 30]
    labels = [c for c in "ab" for n in sizes for _ in range(n)]
    groups = [f"{c}{n:02d}.{i}" for c in "ab" for i, n in enumerate(sizes) for _ in range(n)]
    chance, tested = chances(labels, groups, 0.15)
    by_size = chance.groupby(chance.index.str[1:3]).mean()
    assert list(by_size.index) == ["01", "03", "08", "21", "25", "30"]
    assert by_size.between(0.10, 0.21).all(), by_size
    assert tested == pytest.approx(0.15, rel=0.1)


def test_the_artists_of_gtzan_are_tested_without_regard_to_their_size():
    clips = gtzan(groups=True)
    clips = clips[clips["group"] != ""].reset_index(drop=True)
    chance, tested = chances(clips["label"], clips["group"], 0.15, n_draws=40)
    size = clips["group"].value_counts()[chance.index]
    by_size = chance.groupby(pd.cut(size.to_numpy(), [0, 1, 5, 20, 50]), observed=True).mean()
    assert len(by_size) == 4 and by_size.between(0.10, 0.20).all(), by_size
    assert tested == pytest.approx(0.15, rel=0.1)


def test_a_group_of_more_than_half_of_a_class_is_never_tested_and_said():
    clips = clips_of(["a"] * 60 + ["b"] * 60, ["giant"] * 40 + [f"g{i}" for i in range(80)])
    chance, tested = chances(clips["label"], clips["group"], 0.1, n_draws=20)
    assert chance["giant"] == 0 and tested == 0.1
    made = split(clips)
    assert made.caveats == ["Never tested, as they hold more than half of a class: 1 (group:giant)"] == made.messages


def test_eight_clips_a_class_are_enough():
    rows = split(clips_of([f"i{k}" for k in range(10) for _ in range(8)]), protocol="kfold").rows
    for column in parts_of(rows):
        counts = pd.crosstab(rows["label"], rows[column])
        assert (counts[["train", "valid", "test"]] >= 1).all(axis=None)


def test_the_seed_decides_and_nothing_else():
    clips = random_clips(3)
    shuffled = clips.sample(frac=1, random_state=1)
    for values in ({}, {"protocol": "kfold"}, {"protocol": "shuffled_segments"}):
        first = split(clips, seed=1, **values).rows
        assert first.equals(split(clips, seed=1, **values).rows)
        assert not first.equals(split(clips, seed=2, **values).rows)
        assert first.equals(split(shuffled, seed=1, **values).rows)


def test_ungrouped_kfold_leaks_and_the_check_says_so():
    clips = random_clips(0)
    rows = split(clips, protocol="kfold", grouped=False).rows
    assert leaks.counts(leaks.check(rows, NO_COPIES))["group"] > 0


def test_more_folds_than_the_smallest_class():
    clips = clips_of(["a"] * 30 + ["rare"] * 3)
    with pytest.raises(UserError, match=r"splits.folds: got 5, but class 'rare' has only 3 clips; use at most 3 folds"):
        split(clips, protocol="kfold")
    clips = clips_of(["a"] * 30 + ["b"] * 30, [f"g{i}" for i in range(30)] + ["x", "y"] * 15)
    with pytest.raises(UserError, match=r"class 'b' has only 30 clips in 2 groups .*use at most 2 folds"):
        split(clips, protocol="kfold")
    clips = clips_of(["a"] * 30 + ["b"] * 30 + ["c"], [f"g{i}" for i in range(30)] + ["x"] * 30 + [""])
    with pytest.raises(
        UserError, match=r"class 'b' has only 30 clips in 1 group, class 'c' has only 1 clip .* leave the classes out"
    ):
        split(clips, protocol="kfold")
    with pytest.raises(UserError, match=r"only 1 clip; add clips, or leave the class out \(dataset.leave_out\)"):
        split(clips_of(["a"] * 30 + ["one"]), protocol="kfold")


def test_a_class_of_one_group_is_trained_on_and_said():
    made = split(clips_of(["a"] * 30 + ["b"] * 5 + ["c"] * 30, [""] * 30 + ["x"] * 5 + [""] * 30))
    assert set(made.rows.loc[made.rows["label"] == "b", "fold0"]) == {"train"}
    assert made.messages == [
        "Never tested, as they hold more than half of a class: 1 (group:x)",
        "fold 0 has no valid clip of “b”",
        "fold 0 has no test clip of “b”",
    ]
    assert made.caveats == made.messages  # each result is to be read with them


def test_a_validation_part_that_can_rank_nothing_stops():
    with pytest.raises(UserError, match=r"fold 0 validates on .* clips? of one class, 'a', which can rank no model"):
        split(clips_of(["a"] * 30 + ["b"] * 5, [""] * 30 + ["x"] * 5))


def test_nothing_to_train_on():
    with pytest.raises(UserError, match="no clip of the data set has a label"):
        split(clips_of(["", ""]))


@pytest.mark.parametrize(
    ("protocol", "ways"),
    [
        ({}, "raise splits.valid_share"),
        ({"protocol": "kfold", "folds": 2}, "raise splits.valid_share or lower splits.folds"),
    ],
)
def test_an_empty_part_is_told_with_settings_that_the_protocol_has(protocol, ways):
    few = rf"fold 0 has no valid clip; it has train \d, test \d, as classes .*; {ways}, or add clips"
    with pytest.raises(UserError, match=few):
        split(clips_of(["a", "a", "b", "b"]), **protocol)


def test_impossible_parameters_name_the_section():
    _, problems = parse("splits", {"valid_share": 0.5, "test_share": 0.5}, Params)
    assert problems == ["splits: valid_share 0.5 and test_share 0.5 leave nothing to train on"]
    _, problems = parse("splits", {"protocol": "kfolds", "folds": 1}, Params)
    assert len(problems) == 2 and problems[0].startswith("splits.protocol: should be 'holdout', 'kfold'")


VALUES = {"test_share": 0.2, "folds": 3, "repeats": 2, "grouped": False}
NAMES = ["holdout", "kfold", "official", "fault_filtered", "artist_folds", "shuffled_segments", "file"]


@pytest.mark.parametrize("protocol", NAMES)
@pytest.mark.parametrize("option", VALUES)
def test_an_option_of_another_protocol_is_refused_and_null_is_none(protocol, option):
    section = {"protocol": protocol} | ({"file": "list.csv"} if protocol == "file" else {})
    assert parse("splits", section | dict.fromkeys(VALUES), Params)[1] == []
    p, problems = parse("splits", section | {option: VALUES[option]}, Params)
    if option in OPTIONS.get(protocol, {}):
        assert problems == [] and p.options[option] == VALUES[option]
        return
    (problem,) = problems
    assert problem.startswith(f"splits: {option} is an option of protocol ")
    assert f", and the protocol is {protocol}: leave it out, or set it to null" in problem


def test_options_that_are_not_given_have_a_default():
    assert Params(protocol="kfold").options == {"folds": 5, "repeats": 1, "grouped": True}
    assert Params().options == {"test_share": 0.1, "grouped": True}
    assert Params(protocol="official").options == {}


@pytest.mark.parametrize("section", [{"protocol": "file"}, {"protocol": "kfold", "file": "lists"}])
def test_a_list_goes_with_its_protocol_alone(section):
    assert "do not go together: file is the list" in parse("splits", section, Params)[1][0]


def test_lists_are_to_be_had_in_the_splits_section_alone():
    """Elsewhere DVC would not know that it depends on them."""
    for cls in (Protocol, OfSegments):
        _, problems = parse("x", {"protocol": "file", "file": "lists"}, cls)
        assert [p.split(":")[0] for p in sorted(problems)] == ["x.file", "x.protocol"]
    assert parse("x", {"protocol": "shuffled_segments"}, Protocol)[1]


def test_official_is_taken_as_it_is():
    given = ["train"] * 20 + ["valid"] * 4 + ["test"] * 4 + [""] * 2
    rows = split(clips_of(["a", "b"] * 15, split=given), protocol="official").rows
    assert list(rows["fold0"]) == given


def test_official_without_a_validation_part_gets_one_from_its_training_groups():
    clips = clips_of(["a", "b"] * 30, [f"g{i // 4}" for i in range(60)], ["train"] * 48 + ["test"] * 12)
    rows = split(clips, protocol="official").rows
    assert list(rows["fold0"][48:]) == ["test"] * 12
    assert 2 <= (rows["fold0"] == "valid").sum() <= 8
    assert leaks.check(rows, NO_COPIES).empty


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        (
            ["train", "valid"],
            "fold 0 has no test clip; of the parts as they are given, it has train 15, valid 15; state",
        ),
        (
            ["test", "valid"],
            "fold 0 has no train clip; of the parts as they are given, it has valid 15, test 15; state",
        ),
    ],
)
def test_official_without_a_part_says_which_parts_there_are(stated, says):
    clips = clips_of(["a", "b"] * 15).assign(split=[stated[i >= 15] for i in range(30)])
    with pytest.raises(UserError, match=f"{says}.* holdout or kfold"):
        split(clips, protocol="official")


def test_official_of_a_data_set_that_has_none():
    with pytest.raises(UserError, match="this data set has no split of its own; use holdout or kfold"):
        split(clips_of(["a"] * 10), protocol="official")
    with pytest.raises(UserError, match="fold 0 has no training clip of b"):
        split(clips_of(["a"] * 6 + ["b"] * 2, split=["train"] * 4 + ["valid", "test"] * 2), protocol="official")


def gtzan(groups=False):
    facts = given._gtzan()
    clips = pd.DataFrame({"clip_id": facts["clip"], "label": facts["clip"].str.split(".").str[0]})
    return clips.assign(
        path=clips["label"] + "/" + clips["clip_id"] + ".png", group=facts["artist"] if groups else "", split="",
        sha256=clips["clip_id"], excluded="",
    )  # fmt: skip


def test_the_fault_filtered_partition_of_gtzan():
    made = split(gtzan(groups=True), protocol="fault_filtered")
    assert made.rows["fold0"].value_counts().to_dict() == {"train": 443, "test": 290, "valid": 197, "": 70}
    assert leaks.check(made.rows, NO_COPIES).empty


def test_the_fault_filtered_partition_stays_as_published_where_duets_link_its_parts():
    """With the groups that the adapters give, which link the singers of a duet: nothing is left out, and it is said."""
    clips = gtzan()
    group = clips["clip_id"].map(gtzan_csv.groups()).fillna("")
    made = split(clips.assign(group=group), protocol="fault_filtered")
    assert made.rows["fold0"].value_counts().to_dict() == {"train": 443, "test": 290, "valid": 197, "": 70}
    assert leaks.check(made.rows, NO_COPIES).empty
    parts, links = made.rows["fold0"], made.rows["clip_id"].map(gtzan_csv.groups()).fillna("")
    n = ((parts == "test") & (links != "") & links.isin(links[parts == "train"])).sum()
    assert n > 5
    assert made.caveats == [
        f"Artists are apart by name, as published: {n} scored clips are linked to training clips by a duet or a published "
        "group of artists"
    ]


def test_the_fault_filtered_partition_without_its_test_clips():
    clips = gtzan()
    clips = clips[given._gtzan()["fault_filtered"].isin(["train", "valid"]) & (clips["clip_id"] != "jazz.00054")]
    made = split(clips.reset_index(drop=True), protocol="fault_filtered")
    assert made.rows["fold0"].value_counts().to_dict() == {"train": 442, "valid": 197}
    assert made.messages == [
        "train: 442 of 443 found (absent: jazz.00054)",
        "valid: 197 of 197 found",
        "test: 0 of 290 found",
        "no fold has a test clip: models are trained and validated, but not tested",
    ]
    assert made.caveats == []  # every report says so in its own words, once


def test_a_repeat_across_the_fault_filtered_parts_leaves_the_training_side():
    copies = pd.DataFrame({"clip_id_a": ["blues.00000"], "clip_id_b": ["metal.00061"], "kind": ["near"]})
    facts = given._gtzan().set_index("clip")["fault_filtered"]
    assert (facts["blues.00000"], facts["metal.00061"]) == ("valid", "train")
    rows = split(gtzan(), copies, protocol="fault_filtered").rows.set_index("clip_id")
    assert (rows.loc["blues.00000", "fold0"], rows.loc["metal.00061", "fold0"]) == ("valid", "")


@pytest.mark.parametrize("groups", [False, True])
def test_artist_folds_share_no_artist_and_test_every_listed_clip_once(groups):
    rows = split(gtzan(groups), protocol="artist_folds").rows
    facts = given._gtzan().set_index("clip").loc[rows["clip_id"]]
    tested = (parts_of(rows) == "test").sum(axis=1).to_numpy()
    assert (tested == (facts["artist_fold"] != "")).all()
    for column, size in zip(parts_of(rows), (315, 316, 317), strict=True):
        parts = {
            part: set(facts.loc[(rows[column] == part).to_numpy(), "artist"]) - {""}
            for part in set(rows[column]) - {""}
        }
        assert set(parts) == {"train", "valid", "test"}
        assert not parts["train"] & parts["test"] and not parts["valid"] & parts["test"]
        assert not parts["train"] & parts["valid"]
        assert (rows[column] == "test").sum() == size


def test_partitions_of_gtzan_need_gtzan():
    for protocol in ("fault_filtered", "artist_folds"):
        with pytest.raises(UserError, match="no clip here has a GTZAN name"):
            split(clips_of(["a"] * 10), protocol=protocol)


@pytest.fixture
def listed(tmp_path):
    (tmp_path / "train.txt").write_text("".join(f"a/clip{i:04d}.au\n" for i in range(0, 20)) + "\nb/gone.wav\n")
    (tmp_path / "test.txt").write_text("clip0020\nclip0021.wav\n./b/clip0022.wav\nb/clip0023.wav\n")
    return tmp_path


def test_text_lists(listed):
    clips = clips_of(["a", "b"] * 15)
    clips["path"] = [f"{'ab'[i >= 20]}/{c}.wav" for i, c in enumerate(clips["clip_id"])]
    made = split(clips, protocol="file", file=str(listed), allow_missing="b/gone.wav was never found")
    assert made.rows["fold0"].value_counts().to_dict() == {"train": 18, "": 6, "test": 4, "valid": 2}
    assert made.messages == ["train: 20 of 21 found (absent: b/gone.wav)", "test: 4 of 4 found"]
    (listed / "test.txt").write_text("".join(f"other{i}\n" for i in range(9)))
    made = split(clips, protocol="file", file=str(listed), allow_missing="a smaller copy of the data")
    assert "test: 0 of 9 found" in made.messages
    (listed / "train.txt").write_text("nothing\n")
    with pytest.raises(UserError, match="no clip of the 10 that it names is in the data; the first is 'nothing'"):
        split(clips, protocol="file", file=str(listed))


def test_listed_clips_that_are_missing_are_named_and_refused(listed):
    with pytest.raises(UserError, match=r"not in the data: 1 of its 25 clips\n  .*train.txt, line 22: 'b/gone.wav'\nM"):
        split(clips_of(["a", "b"] * 15), protocol="file", file=str(listed))
    (listed / "test.txt").write_text("".join(f"other{i}\n" for i in range(30)))
    with pytest.raises(UserError) as refusal:
        split(clips_of(["a", "b"] * 15), protocol="file", file=str(listed))
    assert "not in the data: 31 of its 51 clips" in str(refusal.value)
    assert "\n  … and 11 more\nMend the list, or give the reason in splits.allow_missing" in str(refusal.value)
    assert "allow_missing is an option of protocol file" in parse("splits", {"allow_missing": "so"}, Params)[1][0]


def test_a_listed_clip_that_was_excluded_is_not_missing_but_said(tmp_path):
    clips = clips_of(["a", "b"] * 15)
    clips.loc[3, "excluded"] = "silent: all samples are 0"
    clips.loc[[4, 20], "label"] = ""
    listed = clips[["clip_id"]].assign(split=["train"] * 20 + ["test"] * 10)
    listed.to_csv(tmp_path / "l.csv", index=False)
    made = split(clips, protocol="file", file=str(tmp_path / "l.csv"))
    assert made.messages[0] == "train: 18 of 20 found (absent: clip0003, clip0004)"
    assert "listed, but excluded or without a label: 3 (clip0003, clip0004, clip0020)" in made.messages


def test_accents_match_however_they_are_composed(tmp_path):
    composed, decomposed = "b\u00e9la", "be\u0301la"
    for in_data, in_list in ((composed, decomposed), (decomposed, composed)):
        clips = clips_of(["a", "b"] * 15)
        clips.loc[0, ["clip_id", "path"]] = [in_data, f"a/{in_data}.wav"]
        for name in (in_list, f"a/{in_list}.wav", f"{in_list}.mp3"):
            listed = pd.DataFrame({"path": [name, *clips["clip_id"][1:]], "split": ["train"] * 20 + ["test"] * 10})
            listed.to_csv(tmp_path / "l.csv", index=False)
            rows = split(clips, protocol="file", file=str(tmp_path / "l.csv")).rows.set_index("clip_id")
            assert rows.loc[in_data, "fold0"] in ("train", "valid")


def copies_of(clips, *pairs):
    """Pairs of exact copies, and the manifest with the second of each excluded, as `clips` leaves them."""
    clips = clips.copy()
    for a, b in pairs:
        clips.loc[clips["clip_id"] == b, "excluded"] = f"exact copy: of {a}"
    columns = ["clip_id_a", "clip_id_b", "kind", "similarity"]
    return clips, pd.DataFrame([(a, b, "exact", 1.0) for a, b in pairs], columns=columns)


PARTS = ["train"] * 20 + ["valid"] * 4 + ["test"] * 6


@pytest.mark.parametrize(
    ("kept", "copy", "goes"),
    [
        (2, 28, 2),  # train = test: the training clip goes, though `clips` had kept it
        (28, 2, 2),
        (22, 28, 22),  # valid = test
        (2, 22, 2),  # train = valid
        (2, 4, 4),  # both in training: the first stays
        (26, 28, None),  # both tested: as published
    ],
)
def test_an_exact_copy_across_a_given_split_costs_the_training_side(tmp_path, kept, copy, goes):
    name = "clip{:04d}".format
    clips, pairs = copies_of(clips_of(["a", "b"] * 15, split=PARTS), (name(kept), name(copy)))
    clips[["clip_id"]].assign(split=PARTS).to_csv(tmp_path / "l.csv", index=False)
    for values in ({"protocol": "official"}, {"protocol": "file", "file": str(tmp_path / "l.csv")}):
        made = split(clips, pairs, **values)
        rows = made.rows.set_index("clip_id")["fold0"]
        expected = {name(i): part for i, part in enumerate(PARTS) if i != goes}
        assert rows[rows != ""].to_dict() == expected
        assert goes is None or (name(goes) in rows) is (goes == kept)  # an excluded copy that is in no part has no row
        assert leaks.check(made.rows, pairs).empty
        assert {"train: 20 of 20 found", "valid: 4 of 4 found", "test: 6 of 6 found"} <= set(made.messages)
        gone = [m for m in made.messages if "exact copy" in m]
        assert gone == ([f"fold 0: left out, as an exact copy stands elsewhere: 1 ({name(goes)})"] if goes else [])


def test_an_exact_copy_with_another_label_is_tested_as_published_and_said():
    clips, pairs = copies_of(clips_of(["a", "b"] * 15, split=PARTS), ("clip0003", "clip0028"), ("clip0004", "clip0005"))
    clips.loc[[3, 4], "excluded"] = "exact copy: of another, which is labelled so"
    made = split(clips, pairs, protocol="official")
    rows = made.rows.set_index("clip_id")["fold0"]
    assert rows["clip0028"] == "test"
    assert not {"clip0003", "clip0004", "clip0005"} & set(rows.index[rows != ""])
    assert made.caveats == ["Tested as published, though an exact copy has another label: 1 (clip0028)"]


def test_exact_copies_stay_out_of_a_split_that_is_drawn():
    clips, pairs = copies_of(clips_of(["a", "b"] * 15), ("clip0002", "clip0028"))
    assert "clip0028" not in set(split(clips, pairs).rows["clip_id"])


def test_units_link_groups_and_copies_and_are_never_empty():
    clips = clips_of(["a", "b"] * 15, ["g"] * 2 + ["h"] * 2 + [""] * 26)
    clips, pairs = copies_of(clips, ("clip0029", "clip0028"))
    near = [("clip0001", "clip0003", "near", 0.9), ("clip0010", "clip0028", "near", 0.9)]  # by way of an excluded copy
    pairs = pd.concat([pairs, pd.DataFrame(near, columns=pairs.columns)])
    rows = split(clips, pairs).rows.set_index("clip_id")
    assert list(rows.columns[:4]) == ["label", "group", "unit", "sha256"]
    assert list(rows["unit"][:5]) == ["group:g"] * 4 + ["clip:clip0004"]
    assert rows.loc["clip0010", "unit"] == rows.loc["clip0029", "unit"] == "clip:clip0010"
    assert rows["unit"].nunique() == 25
    linked = pd.DataFrame([("clip0002", "clip0020", "near", 0.9)], columns=pairs.columns)
    assert (
        split(clips, linked).rows.set_index("clip_id")["unit"]["clip0020"] == "group:h"
    )  # a group comes before a clip
    assert rows.loc["clip0007", "sha256"] == "sum of clip0007"
    pieces = split(clips, pairs, protocol="shuffled_segments", segments=3).rows.set_index("clip_id")
    assert pieces.loc["clip0003#2/3", "unit"] == "group:g"


@pytest.mark.parametrize("name", ["val.txt", "Validation.TXT", "dev.txt"])
def test_a_list_of_validation_clips_is_read_whatever_it_is_called(tmp_path, name):
    clips = clips_of(["a", "b"] * 15)
    for file, numbers in (("Train.txt", range(16)), (name, range(16, 24)), ("testing.txt", range(24, 30))):
        (tmp_path / file).write_text("".join(f"clip{i:04d}\n" for i in numbers))
    made = split(clips, protocol="file", file=str(tmp_path))
    assert list(made.rows["fold0"]) == ["train"] * 16 + ["valid"] * 8 + ["test"] * 6
    (tmp_path / "valid.txt").write_text("clip0000\n")
    with pytest.raises(UserError, match="are both lists of the valid part; leave one"):
        split(clips, protocol="file", file=str(tmp_path))


@pytest.mark.parametrize("header", ["Filename,Split", "file,split", " path , SPLIT "])
@pytest.mark.parametrize("words", [("Train", "Val", "Test"), ("training", "development", "evaluation")])
def test_parts_and_columns_go_by_what_people_call_them(tmp_path, header, words):
    clips = clips_of(["a", "b"] * 15)
    parts = [0] * 16 + [1] * 8 + [2] * 6
    rows = [f"/somewhere/{path},{words[part]}\n" for path, part in zip(clips["path"], parts, strict=True)]
    (tmp_path / "l.csv").write_text("".join([f"{header}\n", *rows]))
    made = split(clips, protocol="file", file=str(tmp_path / "l.csv"))
    assert list(made.rows["fold0"]) == ["train"] * 16 + ["valid"] * 8 + ["test"] * 6


def test_numbered_columns_of_parts_may_have_capitals(tmp_path):
    (tmp_path / "l.csv").write_text("Path,Fold0,fold1\na.wav,train,test\nb.wav,test,train\n")
    assert lists.read(tmp_path / "l.csv")[["fold0", "fold1"]].to_numpy().tolist() == [
        ["train", "test"],
        ["test", "train"],
    ]


def test_a_file_of_the_same_name_in_another_folder_is_not_the_one_that_is_listed(tmp_path):
    clips = clips_of(["a", "b"] * 15)
    clips["path"] = [f"{label}/{i // 2:02}.wav" for i, label in enumerate(clips["label"])]
    rows = [f"{path},{'test' if i > 19 else 'train'}\n" for i, path in enumerate(clips["path"])]
    (tmp_path / "l.csv").write_text("".join(["path,split\n", *rows, "jazz/03.wav,train\n", "A/14.mp3,\n"]))
    clips = clips.drop(index=28).reset_index(drop=True)
    with pytest.raises(UserError, match=r"not in the data: 3 of its 32 clips\n.*'a/14.wav'\n.*'jazz/03.wav'\n.*'A/14"):
        split(clips, protocol="file", file=str(tmp_path / "l.csv"))


def test_an_id_that_is_the_name_of_several_files_is_not_meant_in_another_folder():
    """A file of Kaggle's test folder has the id `1`; a list of training clips has `rock/1.wav`."""
    clips = pd.DataFrame(
        {"clip_id": ["rock.1", "jazz.1", "1"], "path": ["train/rock/1.wav", "train/jazz/1.wav", "test/1.wav"]}
    )
    names = ClipNames(clips)
    found = {"rock/1.wav": [0], "/data/train/jazz/1.wav": [1], "1": [2], "pop/1.wav": [], "audio/rock.1.wav": [0]}
    assert {name: names.rows(name) for name in found} == found


def test_a_clip_has_one_line(listed):
    clips = clips_of(["a", "b"] * 15)
    (listed / "test.txt").write_text("clip0020\nclip0003\n")
    (listed / "train.txt").write_text("".join(f"a/clip{i:04d}.au\n" for i in range(0, 20)))
    with pytest.raises(UserError, match=r"test.txt, line 2: 'clip0003' is the clip that .*train.txt, line 4 already"):
        split(clips, protocol="file", file=str(listed))


def test_an_ambiguous_name(tmp_path):
    clips = clips_of(["a", "b"] * 15)
    clips.loc[:1, "path"] = ["a/same.wav", "b/same.wav"]
    (tmp_path / "lists.csv").write_text("path,split\nb/same.wav,train\nsame,test\n")
    with pytest.raises(UserError, match=r"lists.csv, line 3: 'same' fits 2 clips \(a/same.wav, b/same.wav\)"):
        split(clips, protocol="file", file=str(tmp_path / "lists.csv"))


def test_our_own_splits_are_a_list(tmp_path):
    clips = random_clips(1)
    first = split(clips, protocol="kfold", folds=3).rows
    splits_csv.write(tmp_path / "splits.csv", first)
    again = split(clips, protocol="file", file=str(tmp_path / "splits.csv")).rows
    assert first.equals(again)


def test_fold_numbers_may_have_lost_their_type(tmp_path):
    clips = clips_of(["a", "b"] * 15)
    numbers = clips[["clip_id"]].assign(fold=[float(i // 2 % 3) for i in range(28)] + [None, None])
    numbers.to_csv(tmp_path / "l.csv", index=False)
    made = split(clips, protocol="file", file=str(tmp_path / "l.csv")).rows
    assert [f"{p}" for p in (made["fold1"] == "test")[:6]] == ["False", "False", "True", "True", "False", "False"]
    assert (made.loc[28:, ["fold0", "fold1", "fold2"]] == "").all(axis=None)


def test_blanks_around_the_number_of_a_fold_mean_nothing(tmp_path):
    (tmp_path / "l.csv").write_text("path, fold\na.wav, 1\nb.wav, 2\nc.wav, \n")
    assert lists.read(tmp_path / "l.csv")["fold0"].tolist() == ["test", "train", ""]


def test_a_column_of_fold_numbers(tmp_path):
    clips = clips_of(["a", "b"] * 15)
    clips.assign(fold=[str(i % 3 + 1) for i in range(30)])[["clip_id", "fold"]].to_csv(tmp_path / "f.csv", index=False)
    rows = split(clips, protocol="file", file=str(tmp_path / "f.csv")).rows
    assert (rows["fold1"] == "test").tolist() == [i % 3 == 1 for i in range(30)]
    assert (parts_of(rows) == "valid").any().all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "name,split\nclip0000,train\n",
            r"line 1: expected a column clip_id or path, and split, fold or .*got name, split",
        ),
        ("clip_id,split\nclip0000,train\nclip0001,tset\n", r"line 3: expected train, valid, test .* got 'tset'"),
        ("clip_id,fold\nclip0000,one\n", r"line 2: expected the number of a fold .* got 'one'"),
        ("clip_id,fold\nclip0000,1\nclip0001,1\n", "has only one fold"),
        ("clip_id,split\n", "it lists no clip"),
        ("clip_id,split\nclip0000,\n", "it puts no clip in train, valid or test"),
        ("clip_id,split\n\n\nclip0000,tset\n", "line 4: expected train"),
        ("", "line 1: expected the names of columns"),
        ("clip_id,split\nclip0000,train,2\n", r"line 2: expected 2 cells \(clip_id, split\), got 3"),
        ("clip_id,split,split\n", "line 1: the column 'split' is there a second time"),
        ('clip_id,split\n"clip0000,train\n', "line 2: not a CSV"),
    ],
)
def test_a_bad_list_names_file_and_line(tmp_path, text, message):
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(UserError, match=rf"l.csv.*{message}"):
        split(clips_of(["a"] * 10), protocol="file", file=str(tmp_path / "l.csv"))


def test_lists_that_are_no_text(tmp_path):
    (tmp_path / "l.csv").write_bytes("clip_id,split\n".encode("utf-16"))
    with pytest.raises(UserError, match=r"l\.csv, line 1: expected text in UTF-8, got UTF-16"):
        lists.read(tmp_path / "l.csv")
    (tmp_path / "train.txt").write_bytes(b"a\n\xff\n")
    (tmp_path / "test.txt").write_text("b\n")
    with pytest.raises(UserError, match=r"train\.txt, line 2: expected text in UTF-8, got the byte 0xff"):
        lists.read(tmp_path)
    (tmp_path / "train.txt").write_bytes("a\n".encode("utf-16"))
    with pytest.raises(UserError, match=r"train\.txt, line 1: expected text in UTF-8, got UTF-16"):
        lists.read(tmp_path)


def test_a_list_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"splits.file: there is no nowhere"):
        split(clips_of(["a"] * 10), protocol="file", file="nowhere")
    with pytest.raises(UserError, match=r"train.txt: no such file"):
        split(clips_of(["a"] * 10), protocol="file", file=str(tmp_path))


def test_shuffled_segments_needs_segments():
    with pytest.raises(UserError, match=r"deals out the features\.segments pieces of each clip, and that is 1; set"):
        split(clips_of(["a"] * 20), protocol="shuffled_segments", segments=1)


def test_shuffled_segments_splits_pieces_and_leaks():
    clips = clips_of(["a"] * 20 + ["b"] * 20 + [""])
    rows = split(clips, protocol="shuffled_segments", segments=5).rows
    assert len(rows) == 40 * 5 + 1
    assert rows["fold0"].value_counts().to_dict() == {"train": 160, "valid": 20, "test": 20, "unlabelled": 1}
    assert "clip0000#4/5" in set(rows["clip_id"])
    assert leaks.counts(leaks.check(rows, NO_COPIES))["clip"] > 20


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """Run stages/splits.py in an empty folder on these clips, copies and parameters."""
    script = runpy.run_path("stages/splits.py")

    def run(clips, copies, params):
        clips = clips.assign(duration_s=1.0, sample_rate_hz=22050, channels=1)
        clips_csv.write("clips.csv", clips)
        copies.to_csv("copies.csv", index=False)
        Path("params.yaml").write_text(json.dumps({"splits": params}))
        script["main"]("clips.csv", "copies.csv", "5", "splits.csv", "splits.json")
        return Path("splits.csv").read_bytes(), json.loads(Path("splits.json").read_text())

    monkeypatch.chdir(tmp_path)
    return run


def test_the_stage(stage):
    clips = random_clips(5)
    table, summary = stage(clips, random_copies(clips, 5), {"protocol": "kfold", "folds": 3})
    assert (summary["protocol"], summary["n_folds"], summary["leaky"], summary["unlabelled"]) == ("kfold", 3, False, 3)
    assert summary["leaks"] == {"clip": 0, "group": 0, "exact_copy": 0, "near_copy": 0}
    rows = splits_csv.read("splits.csv")
    assert summary["clips"]["fold1"]["test"]["all"] == (rows["fold1"] == "test").sum()
    assert (table, summary) == stage(clips, random_copies(clips, 5), {"protocol": "kfold", "folds": 3})


def test_the_stage_stops_at_a_poisoned_group_unless_a_reason_is_given(stage):
    given = ["train"] * 20 + ["valid"] * 4 + ["test"] * 6
    clips = clips_of(["a", "b"] * 15, [f"g{i}" for i in range(29)] + ["g0"], given)
    with pytest.raises(UserError, match="1 group in more than one part\n  fold 0: group g0 is in train and test"):
        stage(clips, NO_COPIES, {"protocol": "official"})
    assert not Path("splits.csv").exists() and not Path("splits.json").exists()
    _, summary = stage(clips, NO_COPIES, {"protocol": "official", "allow_leaks": "to see what one clip does"})
    assert (summary["leaky"], summary["allow_leaks"]) == (True, "to see what one clip does")
    assert summary["leaks"]["group"] == 1
    assert stage(clips, NO_COPIES, {"protocol": "shuffled_segments"})[1]["leaky"] is True


def test_every_repeat_draws_its_validation_clips_anew():
    """Two folds of eight clips: where a fold tests the same clips again, it need not validate on the same ones."""
    valid_of = {}
    drawn = draw.kfold(np.repeat(["a", "b"], 4), np.arange(8), folds=2, repeats=100, valid_share=0.25, seed=0)
    for i, parts in enumerate(drawn):
        valid_of.setdefault((i % 2, *(parts == "test")), []).append(tuple(parts == "valid"))
    several = [valid for valid in valid_of.values() if len(valid) >= 4]
    assert several and all(len(set(valid)) > 1 for valid in several)


@pytest.mark.parametrize("grouped", [False, True])
def test_repeats_are_those_of_scikit_learn_and_no_seed_shares_one_with_another(grouped):
    labels, units = np.repeat(["a", "b", "c"], 20), np.arange(60) // (2 if grouped else 1)

    def tested(seed):
        drawn = draw.kfold(labels, units, folds=5, repeats=3, valid_share=0.1, seed=seed)
        return {tuple(np.flatnonzero(parts == "test")) for parts in drawn}

    if not grouped:
        expected = RepeatedStratifiedKFold(n_splits=5, n_repeats=3, random_state=7).split(labels, labels)
        assert tested(7) == {tuple(test) for _, test in expected}
    assert len(tested(7)) == 15 and not tested(7) & tested(8)


def test_of_very_many_classes_that_a_part_lacks_some_are_named():
    labels = [f"c{i:02d}" for i in range(20)]
    rows = pd.DataFrame({"label": [*labels, *labels, "c00"], "fold0": ["train"] * 20 + ["test"] * 20 + ["valid"]})
    assert caveats.lacking(rows) == ["fold 0 has no valid clip of “c01”, “c02”, “c03”, “c04”, “c05”, … and 14 more"]
