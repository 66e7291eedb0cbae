"""Weights that know the clips that are scored: which run is taken, and what is said where none is innocent."""

import pandas as pd
import pytest

from dalsegno.transfer.pretrained import provenance
from dalsegno.transfer.pretrained.provenance import Provenance
from dalsegno.transfer.pretrained.weights_file import Run, WeightsFile

W = "runs/cnn/conv/model.pt"


def splits_of(*folds, units=None, n=6):
    """Splits of n clips c0, c1, …; a word for each fold: the clips' parts as letters (r train, v valid, t test)."""
    parts = {"r": "train", "v": "valid", "t": "test", ".": ""}
    rows = {
        "clip_id": [f"c{i}" for i in range(n)],
        "label": ["a", "b"] * (n // 2),
        "group": "",
        "unit": units or [f"u{i}" for i in range(n)],
        "sha256": [f"{i:064x}" for i in range(n)],
    }
    return pd.DataFrame(rows | {f"fold{k}": [parts[p] for p in word] for k, word in enumerate(folds)})


KFOLD = splits_of("ttrrrv", "rrttrv", "vrrrtt")


def seen(splits, fold):
    """What a run of this fold was trained and validated on."""
    used = splits[splits[f"fold{fold}"].isin(["train", "valid"])]
    return Provenance(used[provenance.COLUMNS].reset_index(drop=True))


def file(*known, folds=None):
    runs = [Run({}, fold, each) for fold, each in zip(folds or range(len(known)), known, strict=True)]
    return WeightsFile(W, "conv", runs, {}, whole=True)


def leaks(weights, splits):
    used = {fold: run.provenance for fold, run in weights.runs_for(splits).items()}
    return provenance.leaks(W, used, weights.clips, splits)


def folds_taken(weights, splits):
    return [run.fold for run in weights.runs_for(splits).values()]


def test_each_fold_starts_from_the_run_of_the_same_fold():
    weights = file(*(seen(KFOLD, fold) for fold in (0, 1, 2)))
    assert folds_taken(weights, KFOLD) == [0, 1, 2]
    assert leaks(weights, KFOLD).leaks == ()


def test_under_another_draw_of_the_folds_the_innocent_run_is_taken():
    weights = file(*(seen(KFOLD, fold) for fold in (0, 1, 2)))
    other = splits_of("rrttrv", "vrrrtt", "ttrrrv")
    assert folds_taken(weights, other) == [1, 2, 0]
    assert leaks(weights, other).leaks == ()


def test_of_several_seeds_the_first_of_the_fold_is_taken():
    known = [seen(KFOLD, fold) for fold in (0, 0, 1, 1, 2, 2)]
    weights = file(*known, folds=[0, 0, 1, 1, 2, 2])
    assert [weights.runs.index(run) for run in weights.runs_for(KFOLD).values()] == [0, 2, 4]


def test_where_every_run_knows_scored_clips_it_is_said_how_many_and_in_which_folds():
    (sentence,) = leaks(file(seen(KFOLD, 0)), KFOLD).leaks
    assert sentence.startswith(f"{W} was trained or validated on 4 of the 6 scored clips")
    assert "(folds 1, 2)" in sentence


def test_weights_of_other_data_are_those_of_the_first_run_and_leak_nothing():
    other = KFOLD.assign(sha256="f" + KFOLD["sha256"].str[1:], clip_id="d" + KFOLD["clip_id"])
    weights = file(*(seen(other, fold) for fold in (0, 1, 2)))
    assert folds_taken(weights, KFOLD) == [0, 0, 0]
    assert leaks(weights, KFOLD) == provenance.Leaks()  # although units have the same names


def test_clips_of_the_same_names_in_other_samples_are_told():
    other = KFOLD.assign(sha256="f" + KFOLD["sha256"].str[1:])  # as after conversion to mp3
    told = leaks(file(seen(other, 0)), KFOLD)
    assert told.leaks == ()
    assert told.notes[0].startswith(f"{W} was trained on clips with the names of 4 scored ones, but other samples")


def test_one_file_in_common_is_enough_whatever_it_is_called():
    one = pd.DataFrame([("elsewhere/x", KFOLD["sha256"][0], "somebody")], columns=provenance.COLUMNS)
    (sentence,) = leaks(file(Provenance(one)), KFOLD).leaks
    assert "1 of the 6 scored clips" in sentence and "(fold 0)" in sentence


def test_other_clips_of_the_units_that_are_scored_count_within_one_data_set():
    splits = splits_of("ttrrvv", units=["x", "y", "p", "q", "r", "s"])
    unscored = pd.DataFrame([("c9", "9" * 64, "x"), ("c2", splits["sha256"][2], "p")], columns=provenance.COLUMNS)
    (sentence,) = leaks(file(Provenance(unscored)), splits).leaks
    assert "1 of the 2 scored clips" in sentence
    elsewhere = unscored.assign(clip_id=["a", "b"])  # the same file as c2, but in a data set whose names are its own
    assert leaks(file(Provenance(elsewhere)), splits).leaks == ()


def test_units_of_another_data_set_are_known_by_the_files_in_common():
    splits = splits_of("ttrrvv", units=["x", "x", "p", "q", "r", "s"])
    known = pd.DataFrame([("a", "9" * 64, "artist"), ("b", splits["sha256"][1], "artist")], columns=provenance.COLUMNS)
    (sentence,) = leaks(file(Provenance(known)), splits).leaks
    assert "2 of the 2 scored clips" in sentence  # c0 is of the unit of c1


def test_without_a_test_part_the_validation_clips_are_scored():
    splits = splits_of("rrrrvv")
    assert leaks(file(seen(splits, 0)), splits).leaks[0].startswith(f"{W} was trained or validated on 2 of the 2")


def test_what_cannot_be_known_is_said():
    published = leaks(file(Provenance(recordings=("AudioSet",))), KFOLD)
    assert published.leaks == ()
    assert published.recordings == (
        f"{W} was trained on AudioSet: recordings that are scored here may have been among them.",
    )
    old = leaks(file(Provenance(silent=(W,))), KFOLD)
    assert old.leaks == () and old.notes[0].startswith(f"{W} does not list the clips that it was trained on")


def test_a_provenance_survives_as_plain_data():
    known = Provenance(seen(KFOLD, 0).clips, ("AudioSet",), ("old.pt",))
    again = provenance.from_plain(known.plain())
    pd.testing.assert_frame_equal(again.clips, known.clips)
    assert (again.recordings, again.silent) == (known.recordings, known.silent)
    assert provenance.from_plain(Provenance().plain()).clips.empty


@pytest.mark.parametrize("fold", [0, 1, 2])
def test_unlabelled_clips_are_not_scored(fold):
    splits = KFOLD.assign(label=["", "b"] * 3)
    assert set(provenance.scored(splits, fold)["label"]) == {"b"}
