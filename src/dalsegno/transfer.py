"""Reuse a network trained on other data: its body, a new head, and which of them learn."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from dalsegno import checkpoint, network, preprocess, train
from dalsegno.augment import Params as Augmentation
from dalsegno.params import UserError, chosen, section
from dalsegno.patches import Patches, View
from dalsegno.preprocess import Model
from dalsegno.run import Built
from dalsegno.table import Table


@section
class Head:
    """`head:` of a transfer entry: the layers from an embedding to logits."""

    widths: tuple[train.Count, ...] = ()  # of hidden layers, each with ReLU and dropout; empty: linear
    dropout: train.Share = 0.0

    def build(self, n_in: int, n_labels: int) -> nn.Sequential:
        """The head for embeddings (batch, n_in)."""
        layers: list[nn.Module] = []
        for width in self.widths:
            layers += [nn.Linear(n_in, width), nn.ReLU(), nn.Dropout(self.dropout)]
            n_in = width
        return nn.Sequential(*layers, nn.Linear(n_in, n_labels))


@section
class Params:
    """An entry under `transfer:` in params.yaml."""

    input: str  # embeddings/<key>: the backbone stays frozen; spectrograms/<key>: it is fine-tuned
    arch: str  # a file of src/dalsegno/models/
    model: chosen("dalsegno.models", by="arch")
    weights: str  # a file, relative to the repository
    head: Head
    train: train.Params
    view: View | None = None  # what the network sees of a spectrogram
    augment: Augmentation | None = None
    unfreeze: Annotated[int, Field(ge=0)] | Literal["all"] | None = None  # how many of the body's last blocks learn
    body_lr: train.Positive | None = None  # learning rate of the body, as a share of train.lr
    control: bool = False  # also train the same network from scratch, on the same folds and seeds

    def __post_init__(self) -> None:
        tuning = ("view", "augment", "unfreeze", "body_lr")
        if self.frozen:
            given = [name for name in tuning if getattr(self, name) is not None] + ["control"] * self.control
            if given:
                raise ValueError(f"{', '.join(given)}: of no use where input is {self.input!r}: its backbone is frozen")
        elif not self.input.startswith("spectrograms/"):
            raise ValueError(
                f"input is {self.input!r}; give embeddings/<key> (frozen) or spectrograms/<key> (fine-tuned)"
            )
        else:
            absent = [name for name in tuning if getattr(self, name) is None]
            if absent:
                raise ValueError(f"{', '.join(absent)}: missing, and needed where input is {self.input!r}")

    @property
    def frozen(self) -> bool:
        """Whether the backbone's embeddings are read instead of computed."""
        return self.input.startswith("embeddings/")


class Transferred(Model):
    """A pretrained body under a new head. Frozen blocks keep their weights and their batch-norm statistics."""

    def __init__(self, prep: nn.Module, net: nn.Module, n_frozen: int) -> None:
        super().__init__(prep, net)
        self.n_frozen = n_frozen
        for block in self._frozen():
            block.requires_grad_(False)

    def train(self, mode: bool = True) -> "Transferred":
        super().train(mode)
        for block in self._frozen():
            block.eval()
        return self

    def _frozen(self) -> list[nn.Module]:
        return list(self.net.body.children())[: self.n_frozen]


def probe(p: Params, table: Table, n_labels: int) -> Callable[[list[str]], Built]:
    """How to build a head on frozen embeddings, standardised by the training part as features are."""

    def build(train_ids: list[str]) -> Built:
        prep = preprocess.Standardise(*table.moments(train_ids))
        return Built(Model(prep, p.head.build(table.input_shape[0], n_labels)))

    return build


def fine_tuned(p: Params, patches: Patches, n_labels: int) -> Callable[[list[str]], Built]:
    """How to build the pretrained network under a new head, with its last `p.unfreeze` blocks trainable.

    Raises UserError, when it builds, if the network has fewer blocks than that.
    """

    def build(train_ids: list[str]) -> Built:
        model = pretrained(p.arch, p.model, p.weights, patches.example(), patches.meta)
        n_blocks = len(model.net.body)
        n_free = n_blocks if p.unfreeze == "all" else p.unfreeze
        if n_free > n_blocks:
            raise UserError(f"unfreeze is {n_free}, but {p.arch} has {n_blocks} blocks; give at most that, or 'all'")
        _new_head(model, p.head, patches, n_labels)
        adapted = Transferred(model.prep, model.net, n_blocks - n_free)
        return Built(adapted, _groups(adapted, p.train.lr, p.body_lr))

    return build


def from_scratch(p: Params, patches: Patches, n_labels: int) -> Callable[[list[str]], Built]:
    """How to build the same network, head and all, from random weights: what the pretraining is worth is the gap."""

    def build(train_ids: list[str]) -> Built:
        model = network.from_scratch(p.arch, p.model, patches, train_ids, n_labels)
        _new_head(model, p.head, patches, n_labels)
        return Built(model)

    return build


def pretrained(arch: str, p: Any, weights: str, example: Tensor, meta: dict[str, Any]) -> Model:
    """The network of a checkpoint of ours, with the preprocessing it was trained behind.

    example: stored data (batch, …) it is to read; meta: of the store it comes from. Raises UserError if the weights are
    of another architecture or were trained on another kind of spectrogram, naming what differs.
    """
    saved = checkpoint.load(weights)
    missing = [k for k in ("arch", "labels", "view", "spectrogram", "runs") if k not in saved]
    if missing:
        raise UserError(f"{weights}: not a checkpoint of dalsegno; it lacks {', '.join(missing)}")
    if saved["arch"] != arch:
        raise UserError(f"{weights}: weights of a {saved['arch']!r}, but arch is {arch!r}")
    there = saved["spectrogram"]
    differs = [f"{k}: {there.get(k)} there, {meta.get(k)} here" for k in meta if meta[k] != there.get(k)]
    if differs:
        raise UserError(f"{weights}: trained on another kind of spectrogram ({'; '.join(differs)})")
    bins = torch.zeros(meta["bins"])
    prep = preprocess.normalise(saved["view"]["normalise"], bins, bins + 1)
    model = network.build(arch, p, prep, example, len(saved["labels"]))
    _load(model, saved["runs"][0]["state"], weights)
    return model.to(example.device)


def _new_head(model: Model, head: Head, patches: Patches, n_labels: int) -> None:
    """Replace the head; two clips go through the body to tell how wide its embeddings are."""
    model.to(patches.device).eval()
    with torch.no_grad():
        width = model.net.body(model.prep(patches.example())).shape[1]
    model.net.head = head.build(width, n_labels)


def _groups(model: Transferred, lr: float, body_lr: float) -> list[dict]:
    """The head at `lr`, what is trainable of the body at `lr * body_lr` (discriminative learning rates)."""
    body = [w for w in model.net.body.parameters() if w.requires_grad]
    groups = [{"params": list(model.net.head.parameters()), "lr": lr}]
    return [*groups, {"params": body, "lr": lr * body_lr}] if body else groups


def _load(model: Model, state: dict[str, Tensor], weights: str) -> None:
    """Load `state` strictly. Raises UserError with the first five keys that differ."""
    own = model.state_dict()
    differs = sorted(set(own) ^ set(state)) + [k for k in own if k in state and own[k].shape != state[k].shape]
    if differs:
        raise UserError(
            f"{weights}: does not fit the network that params.yaml describes; "
            f"{len(differs)} tensors differ, first {', '.join(differs[:5])}"
        )
    model.load_state_dict(state)
