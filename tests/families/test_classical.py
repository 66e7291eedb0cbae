"""scikit-learn baselines: what they are fitted on, proven by spoiling all else, and what the stage leaves."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.easy_task import stage

from dalsegno.artefacts import features_parquet
from dalsegno.artefacts.learning import predictions_parquet, splits_csv
from dalsegno.families import classical
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.refusals import Refused
from dalsegno.training import train

LABELS = ["a", "b", "c"]
PARTS = ["train"] * 12 + ["valid"] * 4 + ["test"] * 6
GRIDS = {"majority": "[{}]", "logistic": "[{C: 0.01}, {C: 1.0}]", "svm": "[{C: 0.1}, {C: 10.0}]",
         "knn": "[{n_neighbors: 1}, {n_neighbors: 5}]", "forest": "[{n_estimators: 5}]"}  # fmt: skip


@pytest.fixture
def fitted(tmp_path, monkeypatch):
    """Run the stage `classical` on 22 clips of each label and two of none; figures of the parts `poison` are spoilt."""
    monkeypatch.chdir(tmp_path)
    rows = [(f"{label}{i}", label, part) for label in LABELS for i, part in enumerate(PARTS)]
    rows += [(f"unknown{i}", "", "unlabelled") for i in range(2)]
    splits = pd.DataFrame(rows, columns=["clip_id", "label", "fold0"])
    splits = splits.assign(group="", unit=splits["clip_id"], sha256=splits["clip_id"])
    splits_csv.write("splits.csv", splits)
    lines = [f"  {name}: {{estimator: {name}, grid: {grid}}}" for name, grid in GRIDS.items()]
    Path("params.yaml").write_text("classical:\n" + "\n".join(lines))

    def run(estimator, poison=()):
        rng = np.random.default_rng(0)
        x = rng.normal(0, 1, (len(splits), 6)).astype(np.float32)
        for i, label in enumerate(LABELS):
            x[splits["label"] == label, i] += 1.5
        x[splits["fold0"].isin(poison)] = 1000
        table = pd.DataFrame(x, columns=[f"f{i}" for i in range(6)])
        table.insert(0, "segment", 0)
        table.insert(0, "clip_id", splits["clip_id"])
        table.to_parquet("features.parquet")
        stage("classical")(estimator, "features.parquet", "splits.csv", "run", "metrics")
        return predictions_parquet.read("run/predictions.parquet").set_index("split")

    return run


@pytest.mark.parametrize("estimator", GRIDS)
def test_spoilt_test_and_unlabelled_clips_change_no_other_prediction(fitted, estimator):
    clean, spoilt = fitted(estimator), fitted(estimator, ("test", "unlabelled"))
    pd.testing.assert_frame_equal(clean.loc[["train", "valid"]], spoilt.loc[["train", "valid"]])
    if estimator != "majority":
        assert not clean.loc["valid"].equals(fitted(estimator, ("train",)).loc["valid"])


def part(x, y, per_clip=1):
    return classical.Part(x, y, np.arange(len(y)) // per_clip)


@pytest.mark.parametrize("estimator", GRIDS)
def test_the_validation_part_chooses_among_models_and_fits_none(estimator):
    rng = np.random.default_rng(0)
    x, y = rng.normal(5, 3, (60, 4)), rng.integers(0, 3, 60)
    p = classical.Params(estimator=estimator)
    train = part(x[:40], y[:40])
    clean, spoilt = (classical.choose(p, 0, train, part(x[40:] + shift, y[40:]), 3)[0].model for shift in (0, 1e6))
    np.testing.assert_array_equal(clean[0].mean_, x[:40].mean(0))
    np.testing.assert_array_equal(clean[0].mean_, spoilt[0].mean_)
    np.testing.assert_array_equal(clean.predict(x), spoilt.predict(x))


def test_an_easy_task_is_learnt_and_chance_is_what_a_majority_gets(fitted):
    accuracy = {}
    for estimator in GRIDS:
        rows = fitted(estimator).loc["test"]
        p = rows[[f"p_{label}" for label in LABELS]].to_numpy()
        accuracy[estimator] = np.mean(np.array(LABELS)[p.argmax(1)] == rows["label"])
    assert accuracy["majority"] == pytest.approx(1 / 3) and accuracy["logistic"] > 0.6 and accuracy["svm"] > 0.6


def styles(n, sep, n_labels=4, seed=0):
    """n clips of each label in 20 dimensions, `sep` apart by their deviation."""
    rng = np.random.default_rng(seed)
    middle = np.random.default_rng(9).normal(0, sep / 2**0.5, (n_labels, 20))
    y = np.repeat(np.arange(n_labels), n)
    return middle[y] + rng.normal(0, 1, (len(y), 20)), y


def log_loss(estimator, x, y):
    return -np.log(estimator.probabilities(x)[np.arange(len(y)), y].clip(1e-7)).mean()


@pytest.mark.parametrize(("sep", "n_valid"), [(1.0, 2), (1.0, 4), (0.6, 3), (2.0, 2)])
def test_a_few_separated_validation_clips_make_an_svm_no_surer_than_it_may_be(sep, n_valid):
    """Its log-loss is not above that of temperature 1, whichever few clips happened to validate it."""
    p = classical.Params(estimator="svm", grid=({"C": 10.0},))
    train, test = part(*styles(20, sep)), styles(100, sep, seed=1)
    for seed in range(2, 10):
        fitted, _ = classical.choose(p, 0, train, part(*styles(n_valid, sep, seed=seed)), 4)
        plain = classical.Calibrated(fitted.model, 1.0, 4)
        assert 0.05 < fitted.temperature < 20
        assert log_loss(fitted, *test) <= log_loss(plain, *test) * 1.1


def test_many_validation_clips_find_the_temperature_that_fits_them():
    p = classical.Params(estimator="svm", grid=({"C": 10.0},))
    valid = styles(200, 0.8, seed=2)
    fitted, _ = classical.choose(p, 0, part(*styles(20, 0.8)), part(*valid), 4)
    around = [classical.Calibrated(fitted.model, fitted.temperature * factor, 4) for factor in (0.9, 1.1)]
    assert all(log_loss(fitted, *valid) < log_loss(other, *valid) for other in around)
    in_pieces = part(np.repeat(valid[0][:8], 25, 0), np.repeat(valid[1][:8], 25), per_clip=25)
    of_clips = part(valid[0][:8], valid[1][:8])
    assert classical.temperature(fitted.model, in_pieces) == pytest.approx(
        classical.temperature(fitted.model, of_clips)
    )


def test_a_clip_is_called_by_its_mean_probability_when_models_are_chosen():
    p = np.array([[0.51, 0.49], [0.51, 0.49], [0.1, 0.9], [0.8, 0.2]])
    assert (
        classical.accuracy(p, classical.Part(np.zeros((4, 1)), np.array([1, 1, 1, 0]), np.array([5, 5, 5, 2]))) == 1.0
    )
    assert classical.accuracy(p, part(np.zeros((4, 1)), np.array([1, 1, 1, 0]))) == 0.5


def test_what_decides_the_choice_of_c_is_what_is_scored(fitted):
    """The accuracy that the stage chose by is that of the validation rows of predictions.parquet."""
    splits, rows = splits_csv.read("splits.csv"), fitted("svm")
    table = features_parquet.read("features.parquet", set(splits["clip_id"]))
    for c in (0.1, 10.0):
        p = classical.Params(estimator="svm", grid=({"C": c},))
        (run,) = classical.fitted(p, table.x, table.clip_ids, splits)
        valid = table.clip_ids[run.part == "valid"]
        called = np.array(LABELS)[run.estimator.probabilities(table.x[run.part == "valid"]).argmax(1)]
        label = splits.set_index("clip_id")["label"][valid].to_numpy()
        assert run.val_accuracy == pytest.approx((called == label).mean())
    assert len(rows)


def test_settings_that_cannot_be_fitted_end_in_a_plain_word(fitted):
    Path("params.yaml").write_text("classical:\n  few: {estimator: knn, grid: [{n_neighbors: 5}, {n_neighbors: 37}]}\n")
    with pytest.raises(
        UserError, match=r"classical\.few: fold 0: knn with .*: it asks for 37 neighbours, but .* 36 training"
    ):
        fitted("few")


@pytest.mark.parametrize(
    ("estimator", "options", "said"),
    [
        ("svm", "C: -1.0", "must be a float in the range (0.0, inf], got -1.0"),
        ("svm", 'C: "10"', 'must be a float in the range (0.0, inf], got "10"'),
        ("svm", "C: null", "must be a float in the range (0.0, inf], got null"),
        ("svm", "C: true", "must be a float in the range (0.0, inf], got true"),
        ("svm", "kernel: rbff", "must be a str among "),
        ("svm", "shrinking: 1", "must be true or false, got 1"),
        ("svm", "gama: 1", "scikit-learn's svm has no such setting (did you mean 'gamma'?)"),
        ("logistic", "C: [1.0]", "got [1.0]"),
        ("knn", "n_neighbors: five", "must be "),
        ("knn", "n_neighbors: 0", "must be "),
        ("forest", "n_estimators: 2.5", "must be an int in the range [1, inf), got 2.5"),
        ("forest", "n_estimators: true", "must be an int in the range [1, inf), got true"),
        ("forest", "max_depth: 0", "must be an int in the range [1, inf) or null, got 0"),
        ("forest", "random_state: 1", "`seeds` of the entry has the seed of each run; leave it out"),
        (
            "svm",
            "decision_function_shape: ovo",
            "an SVM's decisions are turned into probabilities here anyway; leave it out",
        ),
        ("majority", "strategy: uniform", "majority has the shares of the classes as its probabilities; leave it out"),
    ],
)
def test_values_of_the_grid_are_refused_before_anything_is_computed(fitted, estimator, options, said):
    Path("params.yaml").write_text(f"classical: {{odd: {{estimator: {estimator}, grid: [{{}}, {{{options}}}]}}}}")
    with pytest.raises(Refused) as refused:
        fitted("odd")
    (problem,) = refused.value.problems
    path, _, what = problem.partition(": ")
    assert path == f"classical.odd.grid.1.{options.partition(chr(58))[0]}" and said in what


@pytest.mark.parametrize(
    "options", ["max_depth: null", "bootstrap: false", "class_weight: balanced", "max_features: 0.5"]
)
def test_what_scikit_learn_takes_is_taken(fitted, options):
    Path("params.yaml").write_text(f"classical: {{few: {{estimator: forest, grid: [{{n_estimators: 2, {options}}}]}}}}")
    assert len(fitted("few"))


def test_a_grid_without_an_entry_is_refused():
    assert params.parse("classical.odd", {"estimator": "svm", "grid": []}, classical.Params)[1]


def test_cost_says_what_it_was_measured_on(fitted):
    fitted("logistic")
    cost = json.loads(Path("run/cost.json").read_text())
    assert (
        cost["device"] == "cpu"
        and cost["threads"] >= 1
        and 50 < cost["peak_memory_mb"] < 20_000
        and cost["dtype"] == "float32"
        and "versions" in cost
    )


def test_metrics_say_what_every_entry_of_the_grid_reached_and_which_was_chosen(fitted):
    rows = fitted("svm").loc["valid"]
    called = np.array(LABELS)[rows[[f"p_{label}" for label in LABELS]].to_numpy().argmax(1)]
    written = Path("metrics/metrics.json").read_bytes()
    metrics = json.loads(written)
    (run,) = metrics["runs"]
    assert (run["fold"], run["seed"]) == (0, 0)
    assert [tried["settings"] for tried in run["grid"]] == [{"C": 0.1}, {"C": 10.0}]
    reached = {tried["settings"]["C"]: tried["val_accuracy"] for tried in run["grid"]}
    assert run["val_accuracy"] == metrics["val_accuracy"] == max(reached.values()) == reached[run["chosen"]["C"]]
    assert run["val_accuracy"] == pytest.approx((called == rows["label"]).mean(), abs=1e-6)
    fitted("svm")
    assert Path("metrics/metrics.json").read_bytes() == written
    fitted("majority")
    assert json.loads(Path("metrics/metrics.json").read_text())["runs"][0]["chosen"] == {}


@pytest.mark.parametrize(
    "seeds, fault",
    [("[0, 1, 0]", "0 stands there twice"), ("[]", "at least 1 item"), ("[-1]", "greater than or equal to 0")],
)
@pytest.mark.parametrize(
    "family, before, kind",
    [("classical", "{estimator: svm, seeds: ", classical.Params), ("mlp", "{seeds: ", train.Params)],
)
def test_seeds_that_cannot_tell_runs_apart_are_refused_before_anything_is_trained(
    tmp_path, monkeypatch, family, before, kind, seeds, fault
):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(f"{family}: {{x: {before}{seeds}}}}}")
    with pytest.raises(Refused, match=rf"{family}\.x\.seeds.*{fault}"):
        params.variant("x", **{family: kind})
