"""A network on a feature table: preprocessing learnt from the training part, then a file of models/."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import torch
from pydantic import Field
from torch import nn

from dalsegno.artefacts import features_parquet
from dalsegno.artefacts.learning import splits_csv
from dalsegno.families.rows import Rows
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import about
from dalsegno.pipeline.params import section
from dalsegno.training import network, runs, train
from dalsegno.training.job import Built, Job
from dalsegno.training.views import augment, preprocess


@section
class Params:
    """An entry under `mlp:` in params.yaml."""

    arch: str  # a file of src/dalsegno/models/
    model: Annotated[Any, params.chosen("dalsegno.models", by="arch")]
    # keep the principal components that explain this share of the variance
    pca: Annotated[float, Field(gt=0, le=1)] | None = None
    whiten: bool = True  # scale each of them to unit variance; scikit-learn's PCA does not, unless it is told to
    augment: augment.Params
    train: train.Params

    def __post_init__(self) -> None:
        augment.check(self.augment, (1,), augment.Scale())
        if not self.whiten and self.pca is None:
            raise ValueError("whiten is false, but pca is null: there are no components to leave as they are")


def train_all(
    entry: str,
    p: Params,
    features: str | Path,
    splits: pd.DataFrame,
    device: torch.device,
    run_dir: str | Path,
    metrics_dir: str | Path,
) -> None:
    """Train `p` on the table at the path `features`, on every fold and seed of `splits`, as `runs.all_runs` does.

    Raises UserError, which names `entry`, if a part cannot be trained on or the architecture cannot take a table.
    """
    rows = Rows(features_parquet.read(features, keep=set(splits["clip_id"])), device)
    description = {"arch": p.arch, "model": asdict(p.model), "pca": p.pca, "whiten": p.whiten}
    description |= {"features": rows.names, "settings": rows.settings, "entry": asdict(p)}
    with about(entry):
        runs.all_runs(job(p, rows, splits, device), description, run_dir, metrics_dir)


def job(p: Params, rows: Rows, splits: pd.DataFrame, device: torch.device) -> Job:
    """What to train: `p` on these rows, on every fold and seed."""
    n_labels = len(splits_csv.classes(splits))

    def build(fold: int, train_ids: list[str]) -> Built:
        return Built(network.build(p.arch, p.model, _preprocessing(p, rows, train_ids), rows.x[:2], n_labels))

    return Job(source=rows, splits=splits, train=p.train, build=build, device=device, augmentation=p.augment)


def _preprocessing(p: Params, rows: Rows, train_ids: list[str]) -> nn.Module:
    """Standardisation and, where `p` asks for them, principal components, of the rows of the training clips."""
    standardise = preprocess.Standardise(*rows.moments(train_ids))
    if p.pca is None:
        return standardise
    x = standardise(rows.take(rows.examples(train_ids)[0]))
    return nn.Sequential(standardise, preprocess.Pca.fitted(x, p.pca, p.whiten))
