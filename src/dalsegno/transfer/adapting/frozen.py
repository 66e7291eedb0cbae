"""A new head on the stored embeddings of a frozen backbone."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn

from dalsegno.artefacts import features_parquet
from dalsegno.artefacts.leaks_json import Leaks
from dalsegno.artefacts.learning import json_file, model_pt, splits_csv
from dalsegno.families.rows import Rows
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.refusals import typed
from dalsegno.training.job import Built, Job
from dalsegno.training.network import Model
from dalsegno.training.views import preprocess
from dalsegno.training.views.augment import Params as Augmentation
from dalsegno.transfer.adapting import layer_weights, over_time
from dalsegno.transfer.adapting.entry import Frozen
from dalsegno.transfer.adapting.head import Head
from dalsegno.transfer.adapting.prepared import Prepared
from dalsegno.transfer.pretrained import provenance


def prepare(p: Frozen, folder: str | Path, splits: pd.DataFrame, device: torch.device) -> Prepared:
    """Train a head on the embeddings in `folder`, standardised by the training part.

    Raises UserError if the embeddings are of another network than `p` names, or of a single layer where layers are weighted.
    """
    stored = features_parquet.read(Path(folder, "embeddings.parquet"), set(splits["clip_id"]))
    if p.head.over == "neighbours":  # or a clip's augmented views would be its nearest ones
        plain = stored.views == 0
        stored = replace(stored, x=stored.x[plain], clip_ids=stored.clip_ids[plain], views=stored.views[plain])
    table = (Rows if p.head.over == "windows" else over_time.Sequences)(stored, device)
    meta = json_file.read(Path(folder, "meta.json"))
    description = _backbone(p, meta) | {"head": asdict(p.head), "input": p.input, "entry": asdict(p)}
    trained_on = provenance.from_plain(json_file.read(Path(folder, "provenance.json")))
    used = dict.fromkeys(splits_csv.numbers(splits), trained_on)
    description |= {"backbone": model_pt.load(Path(folder, "backbone.pt")), "provenance": provenance.unlisted(used)}
    if p.head.layers == "weighted":
        layer_weights.check(meta["layers"], p.arch)
        description |= {"layers": list(meta["layers"])}

    def build(fold: int, train_ids: list[str]) -> Built:
        prep = preprocess.Standardise(*table.moments(train_ids))
        head = _head(p.head, table, prep, train_ids, splits)
        if p.head.layers == "weighted":
            head = nn.Sequential(layer_weights.Weighted.of(meta["layers"]), head)
        return Built(Model(prep, head), n_before=meta["parameters"], inherited=trained_on.clips)

    job = Job(table, splits, p.train, build, device, Augmentation())
    return Prepared(job, description, _leaks(p, used, trained_on.clips, splits))


def _head(head: Head, table: Rows, prep: nn.Module, train_ids: list[str], splits: pd.DataFrame) -> nn.Module:
    """The head of a fold; only one of neighbours knows the training clips. Raises UserError if there are not `head.k` of them."""
    classes = splits_csv.classes(splits)
    if head.over != "neighbours":
        return over_time.head(head, table.input_shape[0], len(classes))
    rows, owners = table.examples(train_ids)
    if head.k and head.k >= len(rows):
        raise UserError(
            f"head.k is {head.k}, but there are {len(rows)} training clips, and none is its own neighbour; give at most {len(rows) - 1}"
        )
    labels = splits.set_index("clip_id")["label"][owners].map(classes.index)
    known = prep.to(table.x.device)(table.take(rows)).nanmean(1)
    number = torch.tensor(labels.to_numpy(), device=known.device)
    return over_time.Neighbours(known, number, len(classes), head.k or over_time.NEIGHBOURS)


def _backbone(p: Frozen, used: dict[str, Any]) -> dict[str, Any]:
    """arch, model and weights of the embeddings, whose meta.json is `used`. Raises UserError if `p` names others."""
    asked = {"arch": p.arch, "weights": p.weights}
    if p.model is not None:
        asked["model"] = json.loads(json.dumps(asdict(p.model)))  # tuples as lists, as they are in the file
    for name, value in asked.items():
        if used[name] != value:
            raise UserError(
                f"{name} is {typed(value)}, but {p.input} was computed with {typed(used[name])}; name the same in both"
            )
    return {name: used[name] for name in ("arch", "model", "weights")}


def _leaks(p: Frozen, used: dict[int, provenance.Provenance], clips: pd.DataFrame, splits: pd.DataFrame) -> Leaks:
    """What the backbone knew of the scored clips; its embeddings are of one set of weights for all folds."""
    leaks = provenance.leaks(p.weights, used, clips, splits)
    way_out = "Embeddings are computed once for all folds: `input: spectrograms/…` with `unfreeze: 0` takes those of each fold, where the file has them."
    return replace(leaks, leaks=(*leaks.leaks, way_out)) if leaks.leaks else leaks
