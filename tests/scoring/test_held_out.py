"""Which clips are scored, which of them are independent, and how often each counts."""

import numpy as np
import pandas as pd
import pytest

from dalsegno.artefacts.learning import predictions_parquet
from dalsegno.pipeline.errors import UserError
from dalsegno.scoring import compare, held_out
from dalsegno.scoring.intervals import Params
from dalsegno.scoring.per_model import seeds

P = Params(confidence=0.95, resamples=200)


def splits(parts, labels=None, **columns):
    """splits.csv of one clip per string of `parts`, which has a letter per fold: t(est), v(alid), n for training."""
    names = {"t": "test", "v": "valid", "n": "train"}
    rows = pd.DataFrame(
        {"clip_id": [f"c{i:03d}" for i in range(len(parts))], "label": list(labels or "ab" * 500)[: len(parts)]}
    )
    rows = rows.assign(**({"group": "", "unit": rows["clip_id"]} | columns))
    return rows.assign(**{f"fold{k}": [names[p[k]] for p in parts] for k in range(len(parts[0]))})


def table(s, right, seeds=(0,)):
    """Predictions of every row due, certain ones: of the clip's class where right(row), else of the next."""
    rows = pd.concat([s.rows.assign(seed=seed) for seed in seeds], ignore_index=True)
    called = (rows["label"] + ~rows.apply(right, axis=1)) % len(s.classes)
    return rows[["clip_id", "fold", "seed"]].assign(**{f"p_{c}": (called == i) * 1.0 for i, c in enumerate(s.classes)})


def test_every_prediction_counts_once_where_folds_overlap_unevenly():
    """Ten clips are tested in two folds, a hundred predictions in one: right in the one, wrong in the other."""
    s = held_out.held_out(splits(["tt"] * 10 + ["tn"] * 90))
    runs = held_out.runs(s, table(s, lambda row: row["fold"] == 0))
    scores = compare.scores(s, {"m": runs}, P)["m"]
    assert (len(runs), s.repeats, len(s.rows)) == (1, 1, 110)
    assert scores["accuracy"] == pytest.approx(100 / 110)
    assert scores["accuracy_low"] < 100 / 110 < scores["accuracy_high"]
    assert compare.confusion(s, runs).sum() == 110


@pytest.mark.parametrize("letter", "tv")
def test_repeated_random_splits_give_the_share_of_right_predictions(letter):
    rng = np.random.default_rng(3)
    parts = ["".join(letter if held else "n" for held in row) for row in rng.random((60, 8)) < 0.3]
    s = held_out.held_out(splits(parts))
    predicted = table(s, lambda row: int(row["clip_id"][1:]) % (row["fold"] + 2) > 0, seeds=(0, 1))
    runs = held_out.runs(s, predicted)
    right = [int(row.clip_id[1:]) % (row.fold + 2) > 0 for row in s.rows.itertuples()]
    assert s.part == {"t": "test", "v": "valid"}[letter]
    assert len(runs) == 2  # a run per seed, no repeats
    assert compare.scores(s, {"m": runs}, P)["m"]["accuracy"] == pytest.approx(np.mean(right))


def test_even_repeats_are_runs_of_their_own():
    s = held_out.held_out(splits(["tntn", "ntnt", "tnnt", "nttn"]))
    runs = held_out.runs(s, table(s, lambda row: row["fold"] < 2))
    assert s.repeats == 2
    assert [run.clips.tolist() for run in runs] == [[0, 1, 2, 3]] * 2
    assert compare.scores(s, {"m": runs}, P)["m"]["accuracy"] == 0.5


def test_runs_are_in_order_of_seed_so_that_the_repeats_of_one_stand_together():
    s = held_out.held_out(splits(["tntn", "ntnt", "tnnt", "nttn"]))
    runs = held_out.runs(s, table(s, lambda row: row["seed"] == 0, seeds=(1, 0)))
    scores = compare.scores(s, {"m": runs}, P)["m"]
    assert len(runs) == 4 and scores["accuracy"] == 0.5
    assert seeds.spread(s, runs, scores, 0.95)["accuracy_sd"] == pytest.approx(np.std([1, 0], ddof=1))


def test_clips_that_not_all_models_predicted_may_make_repeats_uneven():
    s = held_out.held_out(splits(["tt"] * 6))
    predicted = table(s, lambda row: row["fold"] == 0)
    cut = held_out.shared(s, [predicted[~((predicted["fold"] == 1) & (predicted["clip_id"] < "c003"))]])
    assert (s.repeats, cut.repeats, cut.missing) == (2, 1, 3)
    scores = compare.scores(cut, {"m": held_out.runs(cut, predicted)}, P)["m"]
    assert scores["accuracy"] == pytest.approx(6 / 9)


def test_a_clip_that_one_seed_did_not_predict_is_scored_of_none():
    s = held_out.held_out(splits(["t"] * 6))
    predicted = table(s, lambda row: True, seeds=(0, 1))
    cut = held_out.shared(s, [predicted[~((predicted["seed"] == 1) & (predicted["clip_id"] == "c003"))]])
    assert (list(cut.clips.index), cut.missing) == (["c000", "c001", "c002", "c004", "c005"], 1)


@pytest.mark.parametrize(("parts", "fitted"), [("tttvvn", ["c003", "c004"]), ("vvvnnn", [])])
def test_nothing_is_fitted_on_clips_that_are_scored(tmp_path, parts, fitted):
    rows = splits(list(parts))
    s, path = held_out.held_out(rows), tmp_path / "predictions.parquet"
    p = np.full((len(rows), 2), 0.5)
    predictions_parquet.write(path, [predictions_parquet.frame(rows, 0, 0, list(rows["clip_id"]), p, s.classes)])
    scored, valid = held_out.read("cnn/conv", path, s)
    assert list(scored["clip_id"]) == list(s.clips.index) and list(valid["clip_id"]) == fitted


def test_the_unit_is_what_splits_csv_links():
    parts = ["t"] * 6
    alone = held_out.held_out(splits(parts))
    linked = held_out.held_out(splits(parts, group=["x", "x", "y", "y", "", ""], unit=["x", "x", "x", "x", "w", "u"]))
    copies = held_out.held_out(splits(parts, unit=["u", "u", "v", "w", "z", "z"]))
    assert [len(set(s.units)) for s in (alone, linked, copies)] == [6, 3, 4]
    assert [s.grouped for s in (alone, linked, copies)] == [False, True, True]


def test_linked_copies_are_less_evidence():
    parts, copy_of = ["t"] * 40, [f"u{i // 4}" for i in range(40)]
    right = lambda row: int(row["clip_id"][1:]) // 4 % 5 > 0
    widths = []
    for columns in ({}, {"unit": copy_of}):
        s = held_out.held_out(splits(parts, **columns))
        scores = compare.scores(s, {"m": held_out.runs(s, table(s, right))}, P)["m"]
        widths.append(scores["accuracy_high"] - scores["accuracy_low"])
    assert widths[1] > 1.5 * widths[0]


def test_a_class_of_a_single_unit_leaves_means_over_classes_without_interval():
    s = held_out.held_out(splits(["t"] * 12, labels="aaaaaabbbbbb", unit=list("xxyyzzwwwwww")))
    scores = compare.scores(s, {"m": held_out.runs(s, table(s, lambda row: row["clip_id"] != "c004"))}, P)["m"]
    assert s.lone == ["b"]
    assert (scores["macro_f1_low"], scores["balanced_accuracy_high"]) == (None, None)
    assert scores["accuracy_low"] < scores["accuracy"] < scores["accuracy_high"]
    assert scores["log_loss_low"] is not None


def test_a_negative_probability_is_none_though_the_row_sums_to_one():
    rows = pd.DataFrame({"clip_id": ["a", "b", "c"], "p_x": [1.5, 1.0005, 0.3], "p_y": [-0.5, -0.0005, 0.7]})
    assert predictions_parquet.unsound(rows) == ["a"]


@pytest.mark.parametrize("spoil", [lambda p: p + 0.5, lambda p: -p, lambda p: p * np.nan])
def test_predictions_that_are_no_probabilities_are_refused_by_name(tmp_path, spoil):
    """A row that does not sum to one would be scored as if it did, and one that is no number would end in a traceback."""
    rows = splits(["t"] * 4)
    s = held_out.held_out(rows)
    path = tmp_path / "predictions.parquet"
    predictions = predictions_parquet.frame(rows, 0, 0, list(rows["clip_id"]), np.full((4, 2), 0.5), s.classes)
    predictions_parquet.write(path, [predictions])
    assert len(held_out.predicted("cnn/conv", path, s)) == 4
    predictions.loc[2, "p_a"] = spoil(predictions.loc[2, "p_a"])
    predictions.to_parquet(path, index=False)
    with pytest.raises(UserError, match="1 row, such as one of clip c002"):
        held_out.predicted("cnn/conv", path, s)
    with pytest.raises(ValueError, match="c002"):
        predictions_parquet.write(path, [predictions])
