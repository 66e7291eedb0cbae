"""A pretrained network from its file of weights: a checkpoint of ours, or what others have published."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dalsegno.artefacts import model_pt
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.training import network
from dalsegno.training.network import Model
from dalsegno.training.views import preprocess

OURS = ("arch", "labels", "view", "spectrogram", "runs")
SEEN = ("normalise", "resize", "channels")  # of a view: what is done to a picture, and so part of the network
ABSENT = {"resize": None, "channels": "one"}
HEAD = re.compile(r"(net\.)?head\.")


@dataclass(frozen=True)
class Source:
    """What a file of weights holds. seen: as much of SEEN as it asks for; state: of the whole model, or of its `net`."""

    arch: str
    state: dict[str, Tensor]
    seen: dict[str, Any]
    whole: bool


def read(arch: str, p: Any, weights: str, example: Tensor, meta: dict[str, Any], told: dict[str, Any]) -> Model:
    """The network of `weights`, in its first fold and seed, behind the preprocessing that it was trained behind.

    p: the architecture's parameters. example: stored data (batch, …) it is to read. meta: of the store it comes from.
    told: what params.yaml says of some of SEEN. The head is the architecture's own, with random weights. Raises
    UserError if the weights are of another architecture, or want another spectrogram or view, naming what differs.
    """
    source = _source(arch, p, weights, meta)
    for name in told.keys() & source.seen.keys():
        if _plain(told[name]) != _plain(source.seen[name]):
            raise UserError(
                f"{weights} wants view.{name}: {_plain(source.seen[name])}, but params.yaml has {_plain(told[name])}"
            )
    seen = ABSENT | told | source.seen
    shape = (meta["channels"], meta["bins"]) if meta["channels"] > 1 else (meta["bins"],)
    moments = torch.zeros(shape), torch.ones(shape)  # until the checkpoint's own go over them
    prep = preprocess.spectrograms(seen["normalise"], *moments, seen["resize"], seen["channels"])
    model = network.build(arch, p, prep, example, n_labels=2)
    _load(model if source.whole else model.net, source, arch, weights)
    return model


def _source(arch: str, p: Any, weights: str, meta: dict[str, Any]) -> Source:
    """Raises UserError if the file holds no weights, or they want another spectrogram than `meta` tells of."""
    saved = model_pt.load(weights)
    if any(name in saved for name in OURS):
        return _ours(saved, weights, meta)
    if not saved or not all(isinstance(value, Tensor) for value in saved.values()):
        raise UserError(f"{weights}: neither a checkpoint of ours nor a state dict, which is tensors by name")
    module = params.component("dalsegno.models", arch)
    if not hasattr(module, "published"):
        keys = ", ".join(list(saved)[:5])
        raise UserError(
            f"{weights}: not a checkpoint of ours, and {arch} takes no others; its first tensors are {keys}"
        )
    try:
        if Path(weights).is_dir() and hasattr(module, "check_folder"):
            module.check_folder(p, Path(weights), meta)  # what lies there beside the weights
        return Source(arch, module.published(p, saved, meta), {"normalise": module.NORMALISE}, whole=False)
    except ValueError as error:
        raise UserError(f"{weights}: {error}") from None


def _ours(saved: dict[str, Any], weights: str, meta: dict[str, Any]) -> Source:
    missing = [k for k in OURS if k not in saved]
    if missing:
        raise UserError(f"{weights}: not a checkpoint of a network on spectrograms; it lacks {', '.join(missing)}")
    there = saved["spectrogram"]
    differs = [f"{k}: {there.get(k)} there, {meta.get(k)} here" for k in meta if meta[k] != there.get(k)]
    if differs:
        raise UserError(f"{weights}: trained on another kind of spectrogram ({'; '.join(differs)})")
    view = ABSENT | saved["view"]  # checkpoints of before there was such a choice lack it
    return Source(saved["arch"], saved["runs"][0]["state"], {name: view[name] for name in SEEN}, whole=True)


def _load(net: torch.nn.Module, source: Source, arch: str, weights: str) -> None:
    """Load all but the head, strictly. Raises UserError with the first five tensors that differ."""
    own, state = (
        {name: tensor for name, tensor in tensors.items() if not HEAD.match(name)}
        for tensors in (net.state_dict(), source.state)
    )
    shapes = {name: (_shape(state.get(name)), _shape(own.get(name))) for name in own | state}
    differs = [f"{name} ({there} in the file, {here} here)" for name, (there, here) in shapes.items() if there != here]
    if differs or source.arch != arch:
        what = "does not fit the network that params.yaml describes"
        if source.arch != arch:
            what = f"weights of a {source.arch!r}, but arch is {arch!r}"
        raise UserError(f"{weights}: {what}; {len(differs)} tensors differ, first: {', '.join(differs[:5])}")
    net.load_state_dict(state, strict=False)


def _shape(tensor: Tensor | None) -> str:
    if tensor is None:
        return "absent"
    return " × ".join(map(str, tensor.shape)) or "a number"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
