"""Reuse a network trained on other data: its body, a new head, and which of them learn."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
import torch
from pydantic import Field
from torch import nn

from dalsegno import backbone, feature_table, folds, linear_probe, network, preprocess, train
from dalsegno.augment import Params as Augmentation
from dalsegno.params import UserError, chosen, section
from dalsegno.patches import Patches, View
from dalsegno.preprocess import Model
from dalsegno.run import Built, Job
from dalsegno.table import Table
from dalsegno.unfreezing import Unfreezing


@section
class Head:
    """`head:` of a transfer entry: the layers from an embedding to logits."""

    widths: tuple[train.Count, ...] = ()  # of hidden layers, each with ReLU; empty: linear
    dropout: train.Share = 0.0  # after each hidden layer, or of the embedding where there is none

    def build(self, n_in: int, n_labels: int) -> nn.Sequential:
        """The head for embeddings (batch, n_in)."""
        layers: list[nn.Module] = []
        for width in self.widths:
            layers += [nn.Linear(n_in, width), nn.ReLU(), nn.Dropout(self.dropout)]
            n_in = width
        if not self.widths:
            layers = [nn.Dropout(self.dropout)]
        return nn.Sequential(*layers, nn.Linear(n_in, n_labels))


@section
class Params:
    """An entry under `transfer:` in params.yaml."""

    input: str  # embeddings/<key>: the backbone stays frozen; spectrograms/<key>: it is fine-tuned
    arch: str  # a file of src/dalsegno/models/
    model: chosen("dalsegno.models", by="arch") = None  # of no use where the backbone is frozen: its embeddings know
    weights: str  # a file or folder, relative to the repository
    head: Head
    train: train.Params
    view: View | None = None  # what the network sees of a spectrogram
    augment: Augmentation | None = None
    unfreeze: Annotated[int, Field(ge=0)] | Literal["all"] | None = None  # how many of the body's last blocks learn
    unfreeze_every: train.Count | None = None  # the head alone at first, then one more block after so many epochs
    body_lr: train.Positive | None = None  # learning rate of the body, as a share of train.lr
    body_lr_decay: Annotated[float, Field(gt=0, le=1)] | None = None  # of each block, as a share of the one above it
    probe: train.Positive | None = None  # the head starts as a logistic regression of this C on frozen embeddings
    batch_norm: Literal["tuned", "frozen"] | None = None  # frozen: blocks that learn keep their batch-norm statistics
    control: bool = False  # also train the same network from scratch, on the same folds and seeds

    def __post_init__(self) -> None:
        needed = ("model", "view", "augment", "unfreeze", "body_lr")
        if self.on_embeddings:
            tuning = (*needed[1:], "unfreeze_every", "body_lr_decay", "probe", "batch_norm")
            given = [name for name in tuning if getattr(self, name) is not None] + ["control"] * self.control
            if given:
                raise ValueError(f"{', '.join(given)}: of no use where input is {self.input!r}: its backbone is frozen")
        elif not self.input.startswith("spectrograms/"):
            raise ValueError(
                f"input is {self.input!r}; give embeddings/<key> (frozen) or spectrograms/<key> (fine-tuned)"
            )
        elif absent := [name for name in needed if getattr(self, name) is None]:
            raise ValueError(f"{', '.join(absent)}: missing, and needed where input is {self.input!r}")
        elif self.probe and self.head.widths:
            raise ValueError(
                f"probe is of linear heads, but head.widths is {list(self.head.widths)}; leave one of them out"
            )

    @property
    def on_embeddings(self) -> bool:
        """Whether the backbone stays frozen: its embeddings are read instead of computed."""
        return self.input.startswith("embeddings/")


def frozen(p: Params, folder: str | Path, splits: pd.DataFrame, device: torch.device) -> tuple[Job, dict[str, Any]]:
    """How to train a head on the embeddings in `folder`, standardised by the training part, and what it is of.

    Raises UserError if they are of another network than `p` says.
    """
    table = Table(feature_table.read(Path(folder, "embeddings.parquet"), set(splits["clip_id"])), device)
    n_labels = len(folds.classes(splits))

    def build(train_ids: list[str]) -> Built:
        prep = preprocess.Standardise(*table.moments(train_ids))
        return Built(Model(prep, p.head.build(table.input_shape[0], n_labels)))

    about = _made_with(p, Path(folder, "meta.json")) | {"head": asdict(p.head), "input": p.input}
    return Job(table, splits, p.train, build, device, Augmentation()), about


def fine_tuned(p: Params, folder: str | Path, splits: pd.DataFrame, device: torch.device) -> tuple[Job, dict[str, Any]]:
    """How to train the pretrained network under a new head on the spectrograms in `folder`, and what it is.

    Raises UserError, when it builds, if the network has fewer blocks than are to learn, or training ends before their
    turn.
    """
    patches, n_labels = Patches(folder, p.view, set(splits["clip_id"]), device), len(folds.classes(splits))
    seen = {name: getattr(p.view, name) for name in backbone.SEEN}
    label = splits.set_index("clip_id")["label"]

    def build(train_ids: list[str]) -> Built:
        model = backbone.read(p.arch, p.model, p.weights, patches.example(), patches.meta, seen)
        n_free = _n_free(p, len(model.net.body))
        _new_head(model, p.head, patches, n_labels)
        if p.probe:
            linear_probe.start(model, model.net.head[-1], patches, label[train_ids], p.probe)
        adapted = Unfreezing(model.prep, model.net, n_free, p.unfreeze_every, p.batch_norm == "frozen")
        return Built(adapted, adapted.groups(p.train.lr, p.body_lr, p.body_lr_decay or 1.0))

    about = {"arch": p.arch, "model": asdict(p.model), "weights": p.weights, "head": asdict(p.head)}
    about |= {"view": asdict(p.view), "spectrogram": patches.meta}
    return Job(patches, splits, p.train, build, device, p.augment, p.view.vote), about


def from_scratch(p: Params, job: Job) -> Job:
    """The same network, head and all, from random weights: what the pretraining is worth is the gap."""

    def build(train_ids: list[str]) -> Built:
        model = network.from_scratch(p.arch, p.model, job.source, train_ids, len(job.classes))
        _new_head(model, p.head, job.source, len(job.classes))
        return Built(model)

    return replace(job, build=build)


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


def _n_free(p: Params, n_blocks: int) -> int:
    """How many of the body's `n_blocks` learn in the end."""
    n_free = n_blocks if p.unfreeze == "all" else p.unfreeze
    if n_free > n_blocks:
        raise UserError(f"unfreeze is {n_free}, but {p.arch} has {n_blocks} blocks; give at most that, or 'all'")
    if p.unfreeze_every and p.unfreeze_every * n_free >= p.train.epochs:
        raise UserError(
            f"unfreeze_every is {p.unfreeze_every}, so the last of {n_free} blocks would begin to learn after epoch "
            f"{p.unfreeze_every * n_free}, but train.epochs is {p.train.epochs}; raise it, or lower unfreeze"
        )
    return n_free


def _new_head(model: Model, head: Head, patches: Patches, n_labels: int) -> None:
    """Replace the head; two clips go through the body to tell how wide its embeddings are."""
    model.to(patches.device).eval()
    with torch.no_grad():
        width = model.net.body(model.prep(patches.example())).shape[1]
    model.net.head = head.build(width, n_labels)
