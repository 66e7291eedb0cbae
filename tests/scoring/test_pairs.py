"""All pairs of models, or the ones that params.yaml asks about."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import fake_runs

from dalsegno.pipeline.errors import UserError
from dalsegno.scoring import held_out, pairs
from dalsegno.scoring.held_out import Scored
from dalsegno.scoring.intervals import Params
from dalsegno.scoring.statistics import holm, resampled_t

SKILL = {"classical/majority": None, "mlp/features": 1.2, "cnn/conv": 1.4, "cnn/resnet": 1.6}


def compare(root, args, asked):
    """compare.json, pairs.csv and compare.md where `compare.pairs` is `asked`."""
    path = root / "params.yaml"
    doc = json.loads(path.read_text())
    path.write_text(json.dumps(doc | {"compare": doc["compare"] | {"pairs": asked}}))
    return fake_runs.compared(root, args), pd.read_csv(Path(args[7], "pairs.csv")), Path(args[6]).read_text()


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("pairs")
    return root, fake_runs.build(root, skill=SKILL)


def test_holm_counts_the_pairs_that_are_asked(tree):
    _, every, _ = compare(*tree, None)
    found, asked, text = compare(*tree, [["mlp/features", "cnn/resnet"], ["cnn/conv", "mlp/features"]])
    assert len(every) == 6 and len(asked) == 2
    same = every.merge(asked, on=["model", "other"], suffixes=("", "_asked"))
    assert len(same) == 2 and (same["p_value"] == same["p_value_asked"]).all()
    assert np.allclose(asked["p_holm"], holm.adjusted(asked["p_value"].to_numpy()))
    assert (asked["told_apart"] == (asked["p_holm"] < 0.05)).all()
    assert found["verdict"]["letters"] == {} and found["verdict"]["models"] == 4
    assert "over 2 pairs" in text and "share a letter" not in text


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ([["mlp/features", "cnn/resnt"]], r"no model 'cnn/resnt'.*cnn/resnet"),
        ([["cnn/conv", "cnn/conv"]], "are one model"),
        ([["cnn/conv", "mlp/features"], ["mlp/features", "cnn/conv"]], "a pair that stands there twice"),
        ([["cnn/conv"]], "compare.pairs"),
    ],
)
def test_a_pair_that_cannot_be_asked_about_is_refused(tree, asked, message):
    with pytest.raises(UserError, match=message):
        compare(*tree, asked)


def test_no_pair_at_all_leaves_a_table_and_no_sentence(tree):
    found, pairs, text = compare(*tree, [])
    assert pairs.empty and found["verdict"]["pairs"] == 0
    assert "the most of all" in text


def of_units(right, n_units, n_folds=1):
    """pairs.table of models that call the clips right that `right` says, in units of equal size; every fold has every clip."""
    n = len(right["m0"])
    clips = pd.DataFrame({"clip_id": [f"c{i:03d}" for i in range(n)], "label": 0, "unit": np.arange(n) * n_units // n})
    s = Scored("test", ["x", "y"], pd.concat([clips.assign(fold=k, repeat=k) for k in range(n_folds)], ignore_index=True), True)  # fmt: skip
    tables = {
        name: s.rows[["clip_id", "fold"]].assign(seed=0, p_x=np.tile(hits, n_folds) * 1.0, p_y=1 - np.tile(hits, n_folds))
        for name, hits in right.items()
    }  # fmt: skip
    models = {name: held_out.runs(s, table) for name, table in tables.items()}
    return s, models, pairs.table(s, models, tables, Params(confidence=0.95))


@pytest.mark.parametrize(("n_models", "n_units"), [(2, 5), (3, 6), (5, 8)])
def test_where_no_difference_could_be_seen_none_is_said_to_be(n_models, n_units):
    """One model is right about all 60 clips, the others about none: as far apart as can be, and p is too large by itself."""
    right = {f"m{i}": np.full(60, i == 0) for i in range(n_models)}
    _, _, few = of_units(right, n_units)
    assert few["visible"].isna().all() and not few["told_apart"].any() and few["high"].notna().all()
    _, _, enough = of_units(right, n_units + 1)
    assert enough["visible"].between(0.1, 1).all() and enough["told_apart"].sum() == n_models - 1


def test_the_smallest_visible_difference_is_one_that_a_p_value_can_show():
    """Two models of 240 clips that differ on one: six clips are the fewest with a p-value below 0.05."""
    hits = np.arange(240) < 200
    _, _, found = of_units({"m0": hits, "m1": np.arange(240) < 201}, 240)
    assert found["visible"].tolist() == [6 / 240]
    _, _, six = of_units({"m0": hits, "m1": np.arange(240) < 206}, 240)
    assert (
        six["told_apart"].all() and not of_units({"m0": hits, "m1": np.arange(240) < 205}, 240)[2]["told_apart"].any()
    )


def test_folds_that_all_test_the_same_clips_are_no_repeated_cross_validation():
    hits = {f"m{i}": np.arange(60) < 30 + 10 * i for i in range(2)}
    s, _, found = of_units(hits, 60, n_folds=3)
    assert s.repeats == 3 and found["p_resampled"].isna().all() and found["accuracy"].tolist() == [0.166667]


def test_repeated_cross_validation_is_judged_by_the_share_that_each_fold_tests():
    """Three times two folds: each tests half of the clips."""
    rng, repeats, n = np.random.default_rng(0), 3, 60
    part = np.concatenate([2 * r + rng.permutation(n) % 2 for r in range(repeats)])
    rows = pd.DataFrame({"clip_id": np.tile([f"c{i:02d}" for i in range(n)], repeats), "fold": part, "label": 0})
    rows = rows.assign(unit=np.tile(np.arange(n), repeats), repeat=np.repeat(np.arange(repeats), n))
    s = Scored("test", ["x", "y"], rows.sort_values(["fold", "clip_id"], ignore_index=True), False)
    hits = {"m0": rng.random(len(rows)) < 0.8, "m1": rng.random(len(rows)) < 0.6}
    tables = {name: s.rows[["clip_id", "fold"]].assign(seed=0, p_x=h * 1.0, p_y=1 - h) for name, h in hits.items()}
    models = {name: held_out.runs(s, table) for name, table in tables.items()}
    (pair,) = pairs.table(s, models, tables, Params(confidence=0.95)).to_dict("records")
    by_fold = [pd.Series(h).groupby(s.rows["fold"]).mean() for h in hits.values()]
    judged = resampled_t.test((by_fold[0] - by_fold[1]).to_numpy(), tested=0.5, margin=0.01, n_tested=n / 2)
    assert pair["model"] == "m0" and {of: pair[of] for of in judged} == pytest.approx(judged, abs=1e-6)


def test_the_best_are_those_not_told_apart_from_the_first_however_many_letters():
    """28 models, each told apart from all but its neighbours: letters beyond z are written in brackets."""
    names = [f"m{i:02d}" for i in range(28)]
    s, models, _ = of_units({f"m{i}": np.arange(60) < 60 - i for i in range(28)}, 60)
    models = dict(zip(names, models.values(), strict=True))
    apart = [(a, b) for i, a in enumerate(names) for b in names[i + 2 :]]
    table = pd.DataFrame(apart, columns=["model", "other"]).assign(told_apart=True)
    said = pairs.summary(s, models, table, Params(confidence=0.95))
    assert said["best"] == names[:2] and said["letters"]["m27"] == "(27)"


def test_what_was_left_to_chance_is_not_said_to_be_large_enough_to_be_seen():
    """Ahead in five groups of eight, by two clips of five each, and level in three: p is 0.0625."""
    other = np.tile([True] * 5, 8)
    for unit in range(5):
        other[5 * unit : 5 * unit + 2] = False
    _, _, found = of_units({"m0": np.ones(40, bool), "m1": other}, 8)
    (pair,) = found.to_dict("records")
    assert pair["accuracy"] == 0.25 and pair["p_value"] == 0.0625 and not pair["told_apart"]
    assert pair["visible"] >= 0.25
