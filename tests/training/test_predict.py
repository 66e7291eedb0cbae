"""From the windows of clips to their predictions."""

import numpy as np
import torch
from torch import nn

from dalsegno.training import predict
from dalsegno.training.source import Source


class Windows(Source):
    """Windows whose content is the index of the model's answer."""

    streamed = False

    def __init__(self, windows):
        self.windows = windows

    def evaluation(self, clip_ids, batch_size):
        told = [(i, c) for c in clip_ids for i in self.windows[c]]
        for k in range(0, len(told), 2):  # batches that cut through clips
            number, owners = zip(*told[k : k + 2], strict=True)
            yield torch.tensor(number), list(owners)


class Answers(nn.Module):
    P = torch.tensor([[0.9, 0.1], [0.4, 0.6], [0.45, 0.55]])

    def forward(self, i):
        assert not self.training
        return self.P[i].log()


def test_mean_and_majority():
    clips = Windows({"x": [0, 1, 2], "y": [1], "z": [0, 0, 1]})
    asked = ["z", "x", "y"]
    p, owners = predict.windows(Answers(), clips, asked)
    assert list(owners) == list("zzzxxxy") and p.dtype == np.float32
    mean = predict.voted(p, owners, asked)
    assert np.allclose(mean[:, 0], [(0.9 + 0.9 + 0.4) / 3, (0.9 + 0.4 + 0.45) / 3, 0.4])
    majority = predict.voted(p, owners, asked, "majority")
    n = np.array([3, 3, 1])
    assert np.allclose(majority[:, 0], (np.array([2, 1, 0]) + mean[:, 0]) / (n + 1))  # the mean is one vote more
    assert np.allclose(majority.sum(1), 1) and (majority > 0).all()
    assert mean[1].argmax() != majority[1].argmax()  # they are not the same rule


def test_as_many_votes_are_decided_by_the_mean_probability():
    p = np.array([[0.51, 0.49, 0], [0.1, 0.9, 0], [0.6, 0.4, 0], [0.45, 0.55, 0]], np.float32)
    owners = np.array(["x", "x", "y", "y"], object)
    assert list(predict.voted(p, owners, ["x", "y"], "majority").argmax(1)) == [1, 0]
    certain = np.array([[1.0, 0, 0], [0, 1.0, 0]] * 50, np.float32)
    votes = predict.voted(np.vstack([certain, certain[:1]]), np.array(["x"] * 101, object), ["x"], "majority")
    assert votes.argmax() == 0  # one vote more is one vote more


def test_prediction_is_in_full_precision_and_leaves_the_setting_as_it_was():
    class Spy(nn.Module):
        def forward(self, x):
            seen.append((torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32, x.dtype))
            return torch.zeros(len(x), 2)

    class Numbers(Source):
        streamed = False

        def evaluation(self, clip_ids, batch_size):
            yield torch.zeros(2, 3), ["x", "y"]

    seen, before = [], (torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32)
    predict.windows(Spy(), Numbers(), ["x", "y"])
    assert seen == [(False, False, torch.float32)]
    assert (torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32) == before
