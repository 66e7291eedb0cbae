"""A network trained from scratch on spectrograms: what the stages cnn and pretrain have in common."""

from dataclasses import asdict
from pathlib import Path

import pandas as pd
import torch

from dalsegno import augment, folds, network, params, run, train
from dalsegno.params import UserError, section
from dalsegno.patches import Patches, View


@section
class Params:
    """An entry under `cnn:` in params.yaml, and what an entry under `pretrain:` shares with it."""

    spectrogram: str  # an entry of `spectrograms:`
    arch: str  # a file of src/dalsegno/models/
    model: params.chosen("dalsegno.models", by="arch")
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
        n_labels = len(folds.classes(splits))
        levels = [f"augment.{name}" for name in augment.LEVELS if getattr(p.augment, name)]
        if levels and patches.meta["kind"] == "phase":
            raise UserError(f"{', '.join(levels)} would turn the phases of {store} as well; set it to 0")

        def build(train_ids: list[str]) -> run.Built:
            return run.Built(network.from_scratch(p.arch, p.model, patches, train_ids, n_labels))

        job = run.Job(patches, splits, p.train, build, device, p.augment, p.view.vote)
        about = {"arch": p.arch, "model": asdict(p.model), "view": asdict(p.view), "spectrogram": patches.meta}
        run.all_runs(job, about, run_dir, metrics_dir)
    except UserError as error:
        raise UserError(f"{entry}: {error}") from None
