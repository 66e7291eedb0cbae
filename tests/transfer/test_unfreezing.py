"""What of a network learns, and how fast."""

import pytest
import torch
from torch import nn

from dalsegno.training import train
from dalsegno.transfer.adapting.unfreezing import Unfreezing


class Net(nn.Module):
    """Three blocks with batch normalisation, and a head."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(*(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)) for _ in range(3)))
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.body(x))


def unfreezing(n_free, every=None, keep_statistics=False):
    torch.manual_seed(0)
    return Unfreezing(nn.Identity(), Net(), n_free, every, keep_statistics)


class Data:
    def __iter__(self):
        x = torch.randn(16, 4, generator=torch.Generator().manual_seed(1))
        yield x, nn.functional.one_hot((x[:, 0] > 0).long(), 2).float()

    def __len__(self):
        return 1


def learnt(model, epochs):
    """Which parts of the model training changed, epoch by epoch: the blocks' weights, then their running means."""
    seen = []

    def look(model):
        body = model.net.body
        seen.append([[t.detach().clone() for t in (b[0].weight, b[1].running_mean)] for b in body])
        return {"val_loss": -float(len(seen))}

    start = [[t.detach().clone() for t in (b[0].weight, b[1].running_mean)] for b in model.net.body]
    p = train.Params(epochs=epochs, lr=0.01, schedule="constant")
    train.fit(model, Data(), look, p, groups=model.groups(0.01, 1.0, 1.0))
    return [
        [[not torch.equal(a, b) for a, b in zip(*pair, strict=True)] for pair in zip(before, after, strict=True)]
        for before, after in zip([start, *seen], seen, strict=False)
    ]


def test_frozen_blocks_change_neither_weights_nor_statistics():
    assert learnt(unfreezing(1), 1) == [[[False, False], [False, False], [True, True]]]
    assert learnt(unfreezing(0), 1) == [[[False, False]] * 3]


def test_blocks_are_freed_one_by_one_from_the_top():
    changed = learnt(unfreezing(2, every=2), 6)
    assert [[weights for weights, _ in epoch] for epoch in changed] == [
        *[[False, False, False]] * 2,
        *[[False, False, True]] * 2,
        *[[False, True, True]] * 2,
    ]


def test_patience_does_not_end_training_before_the_last_block_learns():
    model, scores = unfreezing(2, every=3), iter([1.0] + [2.0] * 20)
    p = train.Params(epochs=20, lr=0.01, schedule="constant", patience=2)
    fitted = train.fit(model, Data(), lambda model: {"val_loss": next(scores)}, p, groups=model.groups(0.01, 1.0, 1.0))
    assert fitted.epochs == 2 * 3 + 2 + 1  # the last block joins in epoch 6 and has two more to help in
    assert fitted.best["epoch"] == 0


def test_statistics_of_batch_norm_can_be_kept_while_weights_learn():
    assert learnt(unfreezing(2, keep_statistics=True), 1) == [[[False, False], [True, False], [True, False]]]


def test_each_block_learns_slower_than_the_one_above_it():
    model = unfreezing(2)
    head, upper, lower = model.groups(0.1, 0.5, 0.2)
    assert [g["lr"] for g in (head, upper, lower)] == pytest.approx([0.1, 0.05, 0.01])
    assert upper["params"] == list(model.net.body[2].parameters())
    assert lower["params"] == list(model.net.body[1].parameters())
