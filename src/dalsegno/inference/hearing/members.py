"""Models of each kind, asked about a file: the probabilities that each fold and seed gives it."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor, nn

from dalsegno.artefacts.learning import model_pt
from dalsegno.artefacts.spectrogram_store import Store
from dalsegno.families import estimators
from dalsegno.families.convolutional.frames import Frames
from dalsegno.families.convolutional.shown import Shown
from dalsegno.families.convolutional.view import View
from dalsegno.inference.hearing.front_end import NAME, Features, Spectrogram
from dalsegno.inference.stored import networks
from dalsegno.inference.stored.model_file import Stored
from dalsegno.training import precision, predict

BATCH = 16  # views at a time, of which VGG16 makes 0.4 GB
LONGEST = (
    2**21
)  # numbers of a clip that is shown whole: 164 s of 128 bins at 100 Hz; a longer one is shown in equal pieces

Answers = Float[np.ndarray, "run label"]
Views = Iterable[tuple[Tensor, list[str]]]


@runtime_checkable
class Member(Protocol):
    """A stored model. of_pictures: whether it takes pictures of spectrograms and no sound."""

    stored: Stored
    of_pictures: bool

    def answers(self, path: Path) -> Answers:
        """The probabilities of the classes of a file by each fold and seed. Raises UserError that names the file."""
        ...


class Classical:
    """An estimator on features."""

    of_pictures = False

    def __init__(self, stored: Stored) -> None:
        self.stored, self.features = stored, Features(stored)
        self.runs = model_pt.arrays(stored.runs)

    def answers(self, path: Path) -> Answers:
        """As `Member.answers`: the mean over the clip's segments."""
        x, n = self.features.rows(path), len(self.stored.labels)
        return np.stack([estimators.probabilities(run, x, n).mean(0) for run in self.runs])


class OnFeatures:
    """A network on features."""

    of_pictures = False

    def __init__(self, stored: Stored, device: torch.device) -> None:
        self.stored, self.device, self.features = stored, device, Features(stored)
        self.heads = [networks.on_features(stored, run).to(device) for run in stored.runs]

    def answers(self, path: Path) -> Answers:
        """As `Member.answers`: the mean over the clip's segments."""
        x = torch.from_numpy(self.features.rows(path)).to(self.device)
        return np.stack(votes(nn.Identity(), self.heads, [(x, [NAME] * len(x))], "mean"))


class OnSpectrograms:
    """A network on spectrograms, or heads on a frozen one."""

    def __init__(self, stored: Stored, device: torch.device) -> None:
        self.stored, self.device, content = stored, device, stored.content
        seen = content.get("backbone", content)
        self.view = stored.section("view", seen["view"], View)
        self.spectrogram = Spectrogram(stored, seen["spectrogram"])
        self.of_pictures = self.spectrogram.of_pictures
        self.body: nn.Module = nn.Identity()
        if stored.kind == "frozen":
            self.body = networks.backbone(stored).to(device)
            self.crops = [seen["input_shape"][-1]] * len(stored.runs)
            heads = [networks.head(stored, run) for run in stored.runs]
        else:
            self.crops = [run["input_shape"][-1] for run in stored.runs]
            heads = [networks.on_spectrograms(stored, run) for run in stored.runs]
        self.heads = [head.to(device) for head in heads]

    def answers(self, path: Path) -> Answers:
        """As `Member.answers`: the vote of the windows that the view shows of the clip."""
        with TemporaryDirectory() as spill:
            store = self.spectrogram.store(path, Path(spill))
            p: list[np.ndarray] = [np.empty(0)] * len(self.heads)
            for crop, places in self.by_crop():
                views = shown(store, self.view, crop, self.device)
                heads = [self.heads[i] for i in places]
                for i, of_run in zip(places, votes(self.body, heads, views, self.view.vote), strict=True):
                    p[i] = of_run
        return np.stack(p)

    def by_crop(self) -> Iterator[tuple[int, list[int]]]:
        """Each length of crop, in frames, and the places of the runs that were trained on it."""
        for crop in dict.fromkeys(self.crops):
            yield crop, [i for i, of_run in enumerate(self.crops) if of_run == crop]


def shown(store: Store, view: View, crop: int, device: torch.device) -> Views:
    """The views of the only clip of `store`, in batches, and that they are its.

    A clip that is to be shown whole is cut into equal pieces if it is so long that memory would grow with it.
    """
    index = store.index
    if view.evaluate == "whole":
        n_frames, most = len(store.frames), max(crop, LONGEST // (store.meta["bins"] * store.meta["channels"]))
        edges = np.linspace(0, n_frames, -(-n_frames // most) + 1).astype(int)
        pieces = [f"{NAME} {i}" for i in range(len(edges) - 1)]
        index = pd.DataFrame({"start": edges[:-1], "n_frames": np.diff(edges)}, index=pieces)
    views = Shown(Frames(store, device), view, index, crop)
    return ((x, [NAME] * len(owners)) for x, owners in views.evaluation(views.clip_ids, BATCH))


@torch.inference_mode()
def votes(
    body: nn.Module, heads: list[nn.Module], views: Views, vote: predict.Vote
) -> list[Float[np.ndarray, " label"]]:
    """The probabilities of the only clip by each of `heads`, which are given what `body` makes of its views."""
    p: list[list[np.ndarray]] = [[] for _ in heads]
    with precision.full():
        for x, _ in views:
            embedded = body(x)
            for of_head, head in zip(p, heads, strict=True):
                of_head.append(head(embedded).float().softmax(1).cpu().numpy())
    windows = [np.concatenate(of_head) for of_head in p]
    return [predict.voted(w, np.array([NAME] * len(w), dtype=object), [NAME], vote)[0] for w in windows]
