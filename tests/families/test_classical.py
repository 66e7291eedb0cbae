"""scikit-learn baselines: what they are fitted on, proven by spoiling all else, and what the stage leaves."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dalsegno.artefacts.learning import predictions_parquet, splits_csv
from dalsegno.families import classical

LABELS = ["a", "b", "c"]
PARTS = ["train"] * 12 + ["valid"] * 4 + ["test"] * 6
GRIDS = {"majority": "[{}]", "logistic": "[{C: 0.01}, {C: 1.0}]", "svm": "[{C: 0.1}, {C: 10.0}]",
         "knn": "[{n_neighbors: 1}, {n_neighbors: 5}]", "forest": "[{n_estimators: 5}]"}  # fmt: skip


@pytest.fixture
def fitted(tmp_path, monkeypatch):
    """Run the stage `classical` on 22 clips of each label and two of none; figures of the parts `poison` are spoilt."""
    monkeypatch.chdir(tmp_path)
    rows = [(f"{label}{i}", label, "", part) for label in LABELS for i, part in enumerate(PARTS)]
    rows += [(f"unknown{i}", "", "", "unlabelled") for i in range(2)]
    splits = pd.DataFrame(rows, columns=["clip_id", "label", "group", "fold0"])
    splits_csv.write("splits.csv", splits)
    lines = [f"  {name}: {{estimator: {name}, grid: {grid}}}" for name, grid in GRIDS.items()]
    Path("params.yaml").write_text("classical:\n" + "\n".join(lines))
    file = Path(__file__).parents[2] / "stages" / "classical.py"
    spec = importlib.util.spec_from_file_location("classical_stage", file)
    stage = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(stage)

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
        stage.main(estimator, "features.parquet", "splits.csv", "run")
        return predictions_parquet.read("run/predictions.parquet").set_index("split")

    return run


@pytest.mark.parametrize("estimator", GRIDS)
def test_spoilt_test_and_unlabelled_clips_change_no_other_prediction(fitted, estimator):
    clean, spoilt = fitted(estimator), fitted(estimator, ("test", "unlabelled"))
    pd.testing.assert_frame_equal(clean.loc[["train", "valid"]], spoilt.loc[["train", "valid"]])
    if estimator != "majority":
        assert not clean.loc["valid"].equals(fitted(estimator, ("train",)).loc["valid"])


@pytest.mark.parametrize("estimator", GRIDS)
def test_the_validation_part_chooses_among_models_and_fits_none(estimator):
    rng = np.random.default_rng(0)
    x, y = rng.normal(5, 3, (60, 4)), rng.integers(0, 3, 60)
    p = classical.Params(estimator=estimator)
    clean, spoilt = (classical.choose(p, 0, (x[:40], y[:40]), (x[40:] + shift, y[40:])) for shift in (0, 1e6))
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
