"""A network trained from scratch on spectrograms: what the stages cnn and pretrain have in common."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import torch

from dalsegno.artefacts import splits_csv
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.params import section
from dalsegno.training import network, runs, train
from dalsegno.training.network import Model
from dalsegno.training.views import augment, preprocess
from dalsegno.training.views.crops import Patches
from dalsegno.training.views.view import View


@section
class Params:
    """An entry under `cnn:` in params.yaml, and what an entry under `pretrain:` shares with it."""

    spectrogram: str  # an entry of `spectrograms:`
    arch: str  # a file of src/dalsegno/models/
    model: Annotated[Any, params.chosen("dalsegno.models", by="arch")]
    view: View
    augment: augment.Params
    train: train.Params


def fit(
    entry: str,
    p: Params,
    store: str | Path,
    splits: pd.DataFrame,
    device: torch.device,
    run_dir: str | Path,
    metrics_dir: str | Path,
) -> None:
    """Train `p` on every fold and seed of `splits`, as `run.all_runs` does. Raises UserError that names `entry`."""
    try:
        patches = Patches(store, p.view, set(splits["clip_id"]), device)
        n_labels = len(splits_csv.classes(splits))
        levels = [f"augment.{name}" for name in augment.LEVELS if getattr(p.augment, name)]
        if levels and patches.meta["kind"] == "phase":
            raise UserError(f"{', '.join(levels)} would turn the phases of {store} as well; set it to 0")

        def build(train_ids: list[str]) -> runs.Built:
            return runs.Built(from_scratch(p.arch, p.model, patches, train_ids, n_labels))

        job = runs.Job(patches, splits, p.train, build, device, p.augment, p.view.vote)
        about = {"arch": p.arch, "model": asdict(p.model), "view": asdict(p.view), "spectrogram": patches.meta}
        runs.all_runs(job, about, run_dir, metrics_dir)
    except UserError as error:
        raise UserError(f"{entry}: {error}") from None


def from_scratch(arch: str, p: Any, patches: Patches, train_ids: list[str], n_labels: int) -> Model:
    """An untrained `models/<arch>.py` for these spectrograms, normalised as their view says by the training clips.

    Raises UserError if the architecture cannot take what the view shows it.
    """
    view = patches.view
    prep = preprocess.spectrograms(view.normalise, *patches.moments(train_ids), view.resize, view.channels)
    try:
        return network.build(arch, p, prep, patches.example(), n_labels)
    except UserError as error:
        raise UserError(f"{error} (view: {view.told})") from None
