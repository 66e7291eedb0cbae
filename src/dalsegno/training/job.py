"""What is to be trained: data, a way to build the model and settings, for every fold and seed of one model."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor, nn

from dalsegno.artefacts.learning import splits_csv
from dalsegno.pipeline.errors import UserError
from dalsegno.training import precision, predict, train
from dalsegno.training.source import Source
from dalsegno.training.views import augment

PARTS = ("train", "valid")


@dataclass(frozen=True)
class Built:
    """A model ready to train.

    groups: optimiser parameter groups, or None for every trainable parameter alike. inherited: clips (clip_id, sha256,
    unit) that its weights were trained on before; None for random weights and for published ones. n_before: parameters of
    the frozen network whose embeddings `model` reads, 0 where there is none; None where they cannot be counted.
    """

    model: nn.Module
    groups: list[dict[str, Any]] | None = None
    inherited: pd.DataFrame | None = None
    n_before: int | None = 0


@dataclass(frozen=True)
class Job:
    """What the runs of one model share.

    build: makes the model for a fold and its training clips, from which alone it may learn its preprocessing, with
    `source.for_training` of these clips as its input. augmentation: how training batches are changed.
    """

    source: Source
    splits: pd.DataFrame
    train: train.Params
    build: Callable[[int, list[str]], Built]
    device: torch.device
    augmentation: augment.Params
    vote: predict.Vote = "mean"

    @cached_property
    def classes(self) -> list[str]:
        """Names of the classes, in the order of the logits."""
        return splits_csv.classes(self.splits)

    @cached_property
    def _label(self) -> dict[str, int]:
        """The label index of each clip; -1 for one without a label."""
        index = pd.Index(self.classes).get_indexer(self.splits["label"])
        return dict(zip(self.splits["clip_id"].tolist(), index.tolist(), strict=True))

    @property
    def dtype(self) -> torch.dtype:
        """The number format that networks are trained in."""
        return precision.of_training(self.device, self.source.input_shape)

    def labels(self, clip_ids: list[str]) -> Int[Tensor, " clip"]:
        """Label index of each clip."""
        return torch.tensor([self._label[clip_id] for clip_id in clip_ids])

    def runs(self) -> list["Run"]:
        """Every fold with every seed. Raises UserError if a part of a fold cannot be trained on."""
        parts = {fold: self._parts(fold) for fold in splits_csv.numbers(self.splits)}
        sources = {fold: self.source.for_training(train_ids) for fold, (train_ids, _) in parts.items()}
        return [Run(self, fold, seed, sources[fold], *parts[fold]) for fold in parts for seed in self.train.seeds]

    def _parts(self, fold: int) -> tuple[list[str], list[str]]:
        """Stored clips of the training and of the validation part."""
        known = set(self.source.clip_ids)
        clips = list(zip(self.splits["clip_id"].tolist(), self.splits[f"fold{fold}"].tolist(), strict=True))
        train_ids, valid_ids = (sorted(id_ for id_, of in clips if of == part and id_ in known) for part in PARTS)
        for part, ids in zip(PARTS, (train_ids, valid_ids), strict=True):
            if not ids:
                raise UserError(f"fold {fold} has no clip in its {part} part; see the counts in metrics/splits.json")
        splits_csv.check_trainable({self.classes[self._label[id_]] for id_ in train_ids}, fold, self.classes)
        return train_ids, valid_ids


@dataclass(frozen=True)
class Run:
    """One fold and seed of a job: the clips (sorted ids) that it trains and is validated on, and how it sees all clips."""

    job: Job
    fold: int
    seed: int
    source: Source
    train_ids: list[str]
    valid_ids: list[str]

    def clips(self, inherited: pd.DataFrame | None) -> dict[str, list[str]]:
        """clip_id, sha256, unit and part of each clip that the weights have met: train, valid, or inherited.

        inherited: clips that the weights had been trained on before.
        """
        columns = ["clip_id", "sha256", "unit"]
        rows = self.job.splits.set_index("clip_id", drop=False)[columns]
        parts = {"train": rows.loc[self.train_ids], "valid": rows.loc[self.valid_ids]}
        if inherited is not None:
            parts["inherited"] = inherited[columns]
        return pd.concat([clips.assign(part=part) for part, clips in parts.items()]).to_dict("list")
