"""A head on the stored embeddings of a frozen backbone."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from dalsegno.artefacts import features_parquet, splits_csv
from dalsegno.families.rows import Rows
from dalsegno.pipeline.errors import UserError
from dalsegno.training.job import Built, Job
from dalsegno.training.network import Model
from dalsegno.training.views import preprocess
from dalsegno.training.views.augment import Params as Augmentation
from dalsegno.transfer.entry import Params


def frozen(p: Params, folder: str | Path, splits: pd.DataFrame, device: torch.device) -> tuple[Job, dict[str, Any]]:
    """How to train a head on the embeddings in `folder`, standardised by the training part, and what it is of.

    Raises UserError if they are of another network than `p` says.
    """
    table = Rows(features_parquet.read(Path(folder, "embeddings.parquet"), set(splits["clip_id"])), device)
    n_labels = len(splits_csv.classes(splits))

    def build(train_ids: list[str]) -> Built:
        prep = preprocess.Standardise(*table.moments(train_ids))
        return Built(Model(prep, p.head.build(table.input_shape[0], n_labels)))

    about = _made_with(p, Path(folder, "meta.json")) | {"head": asdict(p.head), "input": p.input}
    return Job(table, splits, p.train, build, device, Augmentation()), about


def _made_with(p: Params, meta: Path) -> dict[str, Any]:
    """arch, model and weights that embeddings are of. Raises UserError if `p` says otherwise."""
    made = json.loads(meta.read_text(encoding="utf-8"))
    told = {"arch": p.arch, "weights": p.weights}
    if p.model is not None:
        told["model"] = json.loads(json.dumps(asdict(p.model)))  # tuples as lists, as they are in the file
    for name, value in told.items():
        if made[name] != value:
            raise UserError(f"{name} is {value}, but {p.input} was computed with {made[name]}; name the same in both")
    return {name: made[name] for name in ("arch", "model", "weights")}
