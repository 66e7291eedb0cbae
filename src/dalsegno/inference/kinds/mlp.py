"""A network on features."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from dalsegno.inference.hearing.features import Features
from dalsegno.inference.kinds.member import Answers
from dalsegno.inference.kinds.votes import NAME, votes
from dalsegno.inference.stored import networks
from dalsegno.inference.stored.model_file import Stored


class Kind:
    """A network on features."""

    of_pictures = False

    def __init__(self, stored: Stored) -> None:
        self.stored, self.device, self.features = stored, networks.device(), Features(stored)
        self.heads = [networks.on_features(stored, run).to(self.device) for run in stored.runs]

    def answers(self, path: Path) -> Answers:
        """As `Member.answers`: the mean over the clip's segments."""
        x = torch.from_numpy(self.features.rows(path)).to(self.device)
        return np.stack(votes(nn.Identity(), self.heads, [(x, [NAME] * len(x))], "mean"))
