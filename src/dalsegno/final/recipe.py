"""What the run of a model leaves to be repeated on all labelled clips: its settings, and what validation found best."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from dalsegno.artefacts import model_name, model_npz, settings_json
from dalsegno.artefacts.learning import model_pt, splits_csv
from dalsegno.pipeline.errors import UserError


@dataclass(frozen=True)
class Recipe:
    """name: <family>/<key>. content: of its stored file. entry: in params.yaml, every default written out."""

    name: str
    content: dict[str, Any]
    entry: dict[str, Any]

    @property
    def seed(self) -> int:
        """The first of the seeds."""
        return self.content["runs"][0]["seed"]

    @property
    def source(self) -> str:
        """What the model is trained on, below data/: a table of features, embeddings, or spectrograms."""
        if "features" in self.content:
            return "features.parquet"
        return self.entry.get("input") or f"spectrograms/{self.entry['spectrogram']}"

    @property
    def best_epochs(self) -> list[int]:
        """The number of epochs, of each fold and seed, after which the model was best by validation."""
        return [run["best_epoch"] + 1 for run in self.content["runs"]]

    @property
    def n_epochs(self) -> int:
        """The median of `best_epochs`, the greater number where it lies between two."""
        return math.ceil(np.median(self.best_epochs))

    @property
    def options(self) -> dict[str, Any]:
        """The entry of the grid of an estimator that most folds and seeds chose, of equals the first in the grid."""
        chosen = [json.dumps(run["options"]) for run in self.content["runs"]]
        return max(self.entry["grid"], key=lambda options: chosen.count(json.dumps(options)))

    @property
    def temperature(self) -> float:
        """The geometric mean of the temperatures of all folds and seeds, since each was fitted as a logarithm."""
        return self._mean("temperature")

    @property
    def scaling(self) -> float:
        """The same of the temperatures by which the probabilities of an estimator become calibrated."""
        return self._mean("scaling")

    def _mean(self, of_run: str) -> float:
        return float(np.exp(np.mean(np.log([run[of_run] for run in self.content["runs"]]))))


def kept(name: str) -> tuple[ModuleType, str]:
    """The module that reads and writes the file of the model `name`, and what the file is called."""
    return (model_npz, model_name.ESTIMATOR) if name.startswith("classical/") else (model_pt, model_name.NETWORK)


def read(name: str, run_dir: str | Path) -> Recipe:
    """The recipe of the model `name`, whose files are in `run_dir`. Raises UserError if it cannot be repeated."""
    keeper, file = kept(name)
    entry = settings_json.read(run_dir)["entry"]
    if entry.get("train", {}).get("schedule") == "plateau":
        raise UserError(
            f"{name} lowers its learning rate when validation stops to improve (train.schedule: plateau), and here all clips "
            "are trained on, so that none validates; train it with another schedule"
        )
    return Recipe(name, keeper.load(Path(run_dir, file)), entry)


def all_trained(splits: pd.DataFrame) -> pd.DataFrame:
    """The labelled clips that are in any part of any fold, in one fold in which all of them are trained on."""
    folds = [f"fold{fold}" for fold in splits_csv.numbers(splits)]
    used = splits[(splits["label"] != "") & (splits[folds] != "").any(axis=1)]
    return used.drop(columns=folds).assign(fold0="train").reset_index(drop=True)
