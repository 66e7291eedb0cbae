"""Temperatures from validation clips alone, reliability by bin, and accuracy against coverage."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special

from dalsegno.artefacts.learning import calibration
from dalsegno.scoring.held_out import Run, Scored
from dalsegno.scoring.per_model import reliability

CLASSES = ["x", "y", "z"]


def scored(labels):
    rows = pd.DataFrame({"clip_id": [f"c{i:03d}" for i in range(len(labels))], "label": labels})
    return Scored("test", CLASSES, rows.assign(fold=0, unit=range(len(labels)), repeat=0), False)


def rows(labels, p, fold=0, seed=0):
    columns = {f"p_{c}": p[:, i] for i, c in enumerate(CLASSES)}
    ids = [f"c{i:03d}" for i in range(len(labels))]
    return pd.DataFrame({"clip_id": ids, "fold": fold, "seed": seed, "label": [CLASSES[y] for y in labels]} | columns)


def overconfident(seed, factor, n=400):
    """Labels drawn from honest probabilities, and these probabilities sharpened by `factor`."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (n, 3))
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = np.array([rng.choice(3, p=row) for row in p])
    sharp = np.exp(factor * logits)
    return labels, sharp / sharp.sum(1, keepdims=True)


def test_the_temperature_undoes_overconfidence_for_each_fold_and_seed():
    one, other = overconfident(0, 2.0), overconfident(1, 0.6)
    valid = pd.concat([rows(*one), rows(*other, fold=1, seed=4)], ignore_index=True)
    found = reliability.temperatures(valid, CLASSES)
    assert found.keys() == {(0, 0), (1, 4)}
    assert found[0, 0] == pytest.approx(2.0, rel=0.15) and found[1, 4] == pytest.approx(0.6, rel=0.15)


def test_scaling_changes_no_call_and_lowers_the_error_of_an_overconfident_model():
    labels, p = overconfident(2, 2.5)
    table = rows(labels, p).drop(columns="label")
    by_run = {(0, 0): 2.5}
    scaled = reliability.scaled(table, by_run)
    columns = [f"p_{c}" for c in CLASSES]
    q = scaled[columns].to_numpy()
    assert (q.argmax(1) == p.argmax(1)).all() and q.sum(1) == pytest.approx(1)
    s, run = scored(labels), Run(np.arange(len(labels)), q)
    before = reliability.scores(s, [Run(np.arange(len(labels)), p)], by_run)
    after = reliability.scores(s, [run], by_run)
    assert after["temperature"] == 2.5
    assert after["calibration_error_scaled"] < 0.5 * before["calibration_error_scaled"]
    assert after["log_loss_scaled"] < before["log_loss_scaled"]


def test_a_run_without_validation_clips_is_not_scaled():
    table = rows(np.array([0, 1]), np.eye(3)[:2]).drop(columns="label")
    assert reliability.scaled(table, {(0, 7): 1.0}) is None
    assert reliability.temperatures(rows(np.array([], int), np.zeros((0, 3))), CLASSES) == {}


def test_the_temperature_is_applied_to_the_probabilities_that_it_was_fitted_on():
    """Shares of five neighbours: a class that none of them has is right now and then, and has a probability of 0."""
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=2000)
    votes = np.where(rng.random((2000, 5)) < rng.choice([0.3, 0.9], (2000, 1)), labels[:, None], rng.integers(3, size=(2000, 5)))  # fmt: skip
    p = (votes[:, :, None] == np.arange(3)).mean(1)
    t = calibration.temperature_from(p, labels)

    def loss(t):
        return -np.log(calibration.scaled(p, t)[np.arange(2000), labels]).sum() + np.log(t) ** 2 / (2 * calibration.SPREAD**2)  # fmt: skip

    assert loss(t) < min(loss(0.98 * t), loss(1.02 * t), 0.95 * loss(1.0)) and t > 2
    assert calibration.scaled(np.array([[0.9, 0.1, 0.0]]), 1.0)[0] == pytest.approx([0.9, 0.1, 0.0], abs=2e-7)


def test_few_clips_all_right_do_not_make_the_model_certain():
    p = np.tile([0.8, 0.1, 0.1], (4, 1))
    assert calibration.temperature_from(p, np.zeros(4, int)) > 0.3


def test_bins_hold_every_prediction_with_mean_confidence_and_share_right():
    p = np.array([[0.55, 0.3, 0.15], [0.59, 0.41, 0.0], [1.0, 0.0, 0.0], [0.1, 0.9, 0.0]])
    s, run = scored(np.array([0, 1, 0, 0])), Run(np.arange(4), p)
    found = reliability.bin_rows("m", s, [run], False)
    assert list(found.columns) == ["model", "scaled", "bin", "clips", "confidence", "accuracy"]
    assert found[["bin", "clips", "confidence", "accuracy"]].to_numpy().tolist() == [
        [0.5, 2, 0.57, 0.5],
        [0.9, 2, 0.95, 0.5],
    ]


def test_the_share_that_is_answered_is_rounded_to_whole_clips_and_not_beyond():
    """Of 100 clips 55% are 55, although 0.55 times 100 is a little more."""
    sure = np.linspace(0.99, 0.6, 100)
    s = scored(np.repeat([0, 1], [55, 45]))
    run = Run(np.arange(100), np.stack([sure, 1 - sure], axis=1))
    found = reliability.coverage_rows("m", s, [run])
    assert found["accuracy"].tolist()[:11] == [1.0] * 11 and found["accuracy"].tolist()[11] == round(55 / 60, 4)


def test_the_surest_clips_are_answered_first_and_equals_count_as_their_mean():
    p = np.array([[0.9, 0.1, 0.0], [0.8, 0.2, 0.0], [0.4, 0.35, 0.25], [0.4, 0.35, 0.25]])
    s, run = scored(np.array([0, 0, 0, 1])), Run(np.arange(4), p)
    found = reliability.coverage_rows("m", s, [run]).set_index("coverage")["accuracy"]
    assert found[0.25] == found[0.5] == 1
    assert found[0.75] == pytest.approx(2.5 / 3, abs=1e-4)
    assert found[1.0] == 0.75


@pytest.mark.parametrize("seed", range(6))
def test_the_temperature_is_where_scipy_finds_the_least_loss(seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, rng.uniform(0.3, 6), (int(rng.integers(3, 200)), 5))
    labels = np.where(rng.random(len(logits)) < 0.7, logits.argmax(1), rng.integers(0, 5, len(logits)))

    def loss(log_t):
        p = special.log_softmax(logits / np.exp(log_t), axis=1)[np.arange(len(labels)), labels]
        return -p.sum() + log_t**2 / (2 * calibration.SPREAD**2)

    found = optimize.minimize_scalar(loss, bounds=(-5, 5), method="bounded", options={"xatol": 1e-9}).x
    assert np.log(calibration.temperature(logits, labels)) == pytest.approx(found, abs=1e-6)
