"""Heads that see all windows of a clip at once."""

from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch
from support.easy_task import accuracy, stage, state
from support.transfer_task import TRAIN, embedded, write_params

from dalsegno.artefacts.features_parquet import FeatureTable
from dalsegno.pipeline.errors import UserError
from dalsegno.transfer.adapting import over_time

NAN = float("nan")
OVER = ["mean", "mean_std", "attention", "neighbours"]


def sequences():
    """Clip a has three windows, clip b one; and each has an augmented view."""
    x = np.arange(16, dtype=np.float32).reshape(8, 2)
    table = FeatureTable(x, np.array(["a"] * 6 + ["b"] * 2), ["e_0", "e_1"], np.array([0, 1, 0, 1, 0, 1, 0, 1]))
    return over_time.Sequences(table, torch.device("cpu")), x


def test_windows_of_a_clip_are_in_a_row_in_their_order_and_views_apart():
    rows, x = sequences()
    ((plain, owners),) = rows.evaluation(["a", "b"], 9)
    assert owners == ["a", "b"] and rows.input_shape == (2,)
    torch.testing.assert_close(plain[0], torch.tensor(x[0:6:2]))
    torch.testing.assert_close(plain[1, 0], torch.tensor(x[6]))
    assert plain[1, 1:].isnan().all() and len(rows.examples(["a", "b"])[0]) == 4
    mean, std = rows.moments(["a", "b"])
    np.testing.assert_allclose(mean, x.mean(0))
    np.testing.assert_allclose(std, x.std(0), rtol=1e-6)


@pytest.mark.parametrize("pool", [over_time.Mean(), over_time.MeanAndDeviation(), over_time.Attention(2)])
def test_windows_that_are_not_there_change_nothing(pool):
    x = torch.randn(1, 3, 2, generator=torch.Generator().manual_seed(0))
    filled = torch.cat([x, torch.full((1, 4, 2), NAN)], 1)
    torch.testing.assert_close(pool(filled), pool(x))
    torch.testing.assert_close(pool(x)[:, :2], x.mean(1))
    if not isinstance(pool, over_time.Mean):
        assert pool(filled).isfinite().all()


@pytest.mark.parametrize("pool", [over_time.Mean(), over_time.MeanAndDeviation(), over_time.Attention(2)])
@pytest.mark.parametrize("windows", [[[1.0, 2.0]], [[1.0, 2.0], [1.0, 3.0]], [[1.0, 2.0], [3.0, 4.0], [NAN, NAN]]])
def test_gradients_are_numbers_whatever_the_windows(pool, windows):
    x = torch.tensor([windows], requires_grad=True)
    pool(x).sum().backward()
    assert x.grad[~x.isnan()].isfinite().all()


def test_attention_can_learn_to_look_at_one_window():
    pool = over_time.Attention(2)
    with torch.no_grad():
        pool.score.weight.copy_(torch.tensor([[50.0, 0.0]]))
    x = torch.tensor([[[0.0, 1.0], [1.0, 2.0], [NAN, NAN]]])
    torch.testing.assert_close(pool(x), torch.tensor([[1.0, 2.0]]))


def test_neighbours_are_those_of_the_same_direction_and_never_the_clip_itself():
    known = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]])
    head = over_time.Neighbours(known, torch.tensor([0, 1, 2]), 3, 1)
    assert head.eval()(known[:, None]).argmax(1).tolist() == [0, 1, 2]
    assert head.train()(known[:, None]).argmax(1).tolist() == [1, 0, 1]


NEAREST = {"input": "embeddings/x", "arch": "conv", "weights": "ours/model.pt", "train": TRAIN}


def test_the_neighbours_of_a_clip_are_other_clips_and_no_augmented_views_of_itself(here):
    known = []
    for changes in ({}, {"views": 2, "augment": {"gain_db": 3.0}}):
        embedded(**changes)
        write_params(transfer={"x": NEAREST | {"head": {"over": "neighbours"}}})
        stage("transfer")("x", "e", "splits.csv", "run", "metrics")
        known.append(state(Path("run"))["net.known"])
    assert len(known[0]) == 48 and torch.equal(*known)


def test_more_neighbours_than_there_are_clips_are_refused(here):
    embedded()
    for k, message in ((48, "head.k is 48, but there are 48 training clips, .*; give at most 47"), (47, None)):
        write_params(transfer={"x": NEAREST | {"head": {"over": "neighbours", "k": k}}})
        with pytest.raises(UserError, match=message) if message else nullcontext():
            stage("transfer")("x", "e", "splits.csv", "run", "metrics")


@pytest.mark.parametrize("over", OVER)
def test_every_head_learns_the_easy_task(here, over):
    embedded()
    head = {"input": "embeddings/x", "arch": "conv", "weights": "ours/model.pt", "head": {"over": over}}
    write_params(transfer={"x": head | {"train": TRAIN | {"epochs": 100}}})
    stage("transfer")("x", "e", "splits.csv", "run", "metrics")
    assert accuracy(Path("run"), "test") >= 0.6  # chance is 0.33


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ({"over": "neighbours", "widths": [4]}, "widths and dropout: of no use"),
        ({"over": "mean", "k": 3}, "k: of no use where over is 'mean'"),
        ({"over": "sum"}, "head.over"),
    ],
)
def test_settings_of_no_use_are_refused(here, head, message):
    embedded()
    write_params(
        transfer={"x": {"input": "embeddings/x", "arch": "conv", "weights": "w", "head": head, "train": TRAIN}}
    )
    with pytest.raises(UserError, match=message):
        stage("transfer")("x", "e", "splits.csv", "run", "metrics")
