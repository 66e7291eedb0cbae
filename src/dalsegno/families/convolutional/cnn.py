"""A network trained from scratch on spectrograms: what the stages cnn and pretrain have in common."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import torch

from dalsegno.artefacts.learning import splits_csv
from dalsegno.families.convolutional.crops import Crops
from dalsegno.families.convolutional.view import View
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError, about
from dalsegno.pipeline.params import section
from dalsegno.training import network, runs, train
from dalsegno.training.job import Built, Job
from dalsegno.training.network import Model
from dalsegno.training.views import augment, preprocess


@section
class Params:
    """An entry under `cnn:` in params.yaml, and what an entry under `pretrain:` shares with it."""

    spectrogram: str  # an entry of `spectrograms:`
    arch: str  # a file of src/dalsegno/models/
    model: Annotated[Any, params.chosen("dalsegno.models", by="arch")]
    view: View
    augment: augment.Params
    train: train.Params


def train_all(
    entry: str,
    p: Params,
    store: str | Path,
    splits: pd.DataFrame,
    device: torch.device,
    run_dir: str | Path,
    metrics_dir: str | Path,
) -> None:
    """Train `p` on every fold and seed of `splits`, as `runs.all_runs` does. Raises UserError that names `entry`."""
    with about(entry):
        crops = Crops(store, p.view, set(splits["clip_id"]), device)
        description = {"arch": p.arch, "model": asdict(p.model), "view": asdict(p.view), "entry": asdict(p)}
        description |= {"spectrogram": crops.meta}
        runs.all_runs(job(p, crops, splits, device), description, run_dir, metrics_dir)


def job(p: Params, crops: Crops, splits: pd.DataFrame, device: torch.device) -> Job:
    """What to train: `p` on these crops, which are made by `p.view`, on every fold and seed."""
    n_labels = len(splits_csv.classes(splits))

    def build(fold: int, train_ids: list[str]) -> Built:
        return Built(from_scratch(p.arch, p.model, crops, train_ids, n_labels))

    return Job(crops, splits, p.train, build, device, p.augment, p.view.vote)


def from_scratch(arch: str, p: Any, crops: Crops, train_ids: list[str], n_labels: int) -> Model:
    """An untrained `models/<arch>.py` for these spectrograms, normalised as their view says by the training clips.

    Raises UserError if the architecture cannot take what the view shows it.
    """
    view, seen = crops.view, crops.for_training(train_ids)
    prep = preprocess.spectrograms(view.normalise, *seen.moments(train_ids), view.resize, view.channels)
    try:
        return network.build(arch, p, prep, seen.example(), n_labels)
    except UserError as error:
        raise UserError(f"{error} (view: {view.input_settings})") from None
