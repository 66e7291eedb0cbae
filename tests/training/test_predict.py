"""From the windows of clips to their predictions."""

import numpy as np
import torch
from torch import nn

from dalsegno.training import predict
from dalsegno.training.source import Source


class Windows(Source):
    """Windows whose content is the index of the model's answer."""

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
    assert np.allclose(majority[:, 0], [2 / 3, 1 / 3, 0])
    assert mean[1].argmax() != majority[1].argmax()  # they are not the same rule
