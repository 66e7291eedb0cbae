"""The classification report of each model, beside scikit-learn's, and the interval of a recall."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import classification_report
from statsmodels.stats.proportion import proportion_confint

from dalsegno.scoring import compare
from dalsegno.scoring.held_out import Run, Scored
from dalsegno.scoring.per_model import classes

NAMES = ["a", "b", "c", "never"]


def scored(labels, units):
    rows = pd.DataFrame({"clip_id": [f"c{i:04d}" for i in range(len(labels))], "label": labels, "unit": units})
    return Scored("test", NAMES, rows.assign(fold=0, repeat=0), False)


def table(s, models):
    return classes.table(s, models, {name: compare.confusion(s, runs) for name, runs in models.items()}, 0.95)


@pytest.mark.filterwarnings("ignore")
def test_equals_scikit_learns_report_and_wilson():
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=300)
    s = scored(labels, np.arange(300))
    models = {name: [Run(np.arange(300), rng.dirichlet(np.ones(4), 300))] for name in ("one", "other")}
    found = table(s, models)
    assert len(found) == 8
    for name, (run,) in models.items():
        report = classification_report(labels, run.p.argmax(1), labels=range(4), target_names=NAMES, output_dict=True)
        for row in found[found["model"] == name].itertuples():
            theirs = report[row._2]
            assert row.clips == theirs["support"]
            assert row.precision == pytest.approx(theirs["precision"], abs=1e-6)
            assert row.f1 == pytest.approx(theirs["f1-score"], abs=1e-6)
            if row.clips:
                assert row.recall == pytest.approx(theirs["recall"], abs=1e-6)
                hits = round(row.recall * row.clips)
                wilson = proportion_confint(hits, row.clips, method="wilson")
                assert (row.recall_low, row.recall_high) == pytest.approx(wilson, abs=1e-5)
            else:
                assert np.isnan([row.recall, row.recall_low, row.recall_high]).all()


def test_clips_are_counted_once_however_many_runs_there_are():
    labels = np.array([0, 0, 1])
    runs = [Run(np.arange(3), np.eye(4)[[0, called, 1]]) for called in (0, 1)]
    found = table(scored(labels, np.arange(3)), {"m": runs}).set_index("class")
    assert found["clips"].tolist() == [2, 1, 0, 0] and found.loc["a", "recall"] == 0.75
    assert found.loc["b", "precision"] == pytest.approx(2 / 3, abs=1e-6)


def test_a_class_of_one_unit_has_no_interval_and_one_of_few_a_wider_one():
    labels, right = np.repeat([0, 1, 2], 40), np.tile(np.arange(40) < 30, 3)
    units = np.r_[np.zeros(40, int), 1 + np.arange(40) // 10, 5 + np.arange(40)]
    p = np.where(right[:, None], np.eye(4)[labels], np.eye(4)[3])
    found = table(scored(labels, units), {"m": [Run(np.arange(120), p)]}).set_index("class")
    assert np.isnan(found.loc["a", "recall_low"])
    widths = found["recall_high"] - found["recall_low"]
    assert widths["b"] > 2 * widths["c"]
