"""Batches, a model and a validation whose outcome is known, for tests of the training loop."""

import torch
from torch import nn

from dalsegno.training import train


class Fixed:
    """The same batches every epoch."""

    def __init__(self, n=4, seed=0, n_labels=2):
        g = torch.Generator().manual_seed(seed)
        self.all = [
            (torch.randn(8, 3, generator=g), torch.eye(n_labels)[torch.randint(n_labels, (8,), generator=g)])
            for _ in range(n)
        ]

    def __len__(self):
        return len(self.all)

    def __iter__(self):
        return iter(self.all)


def still(model):
    return {"val_loss": 1.0, "val_accuracy": 0.5, "val_balanced_accuracy": 0.5, "val_macro_f1": 0.5}


def linear(seed=0):
    train.seed_everything(seed)
    return nn.Linear(3, 2)


def copied(model):
    return {k: v.clone() for k, v in model.state_dict().items()}
