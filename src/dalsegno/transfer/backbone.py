"""A pretrained network from its file of weights: a checkpoint of ours, or a publisher's state dict."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from dalsegno.artefacts.learning import model_pt
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.training import network
from dalsegno.training.network import Model
from dalsegno.training.views import preprocess

OURS = ("arch", "labels", "view", "spectrogram", "runs")  # what a checkpoint of ours holds
PREPROCESSING = ("normalise", "resize", "channels")  # options of a view that belong to the network
DEFAULTS = {"resize": None, "channels": "one"}
HEAD = re.compile(r"(net\.)?head\.")


@runtime_checkable
class Published(Protocol):
    """An architecture (module of `dalsegno.models`) that takes weights which others have published."""

    NORMALISE: preprocess.Normalisation  # the `view.normalise` that those weights expect

    def published(self, p: Any, weights: dict[str, Tensor], meta: dict[str, Any]) -> dict[str, Tensor]:
        """The state dict of `build`'s network, from the publisher's; meta: of the spectrogram store.

        Raises ValueError, with what to change, if the weights or the spectrograms do not go with `p`.
        """
        ...


@runtime_checkable
class FromFolder(Published, Protocol):
    """One whose publishers write a folder with more than weights in it."""

    def check_folder(self, p: Any, folder: Path, meta: dict[str, Any]) -> None:
        """Raise ValueError, with what to change, if the rest of `folder` says other than `p` and `meta`."""
        ...


@dataclass(frozen=True)
class WeightsFile:
    """The content of a file of weights.

    preprocessing: those of PREPROCESSING that it decides. whole: whether `state` is of a whole Model, or of its `net`.
    """

    arch: str
    state: dict[str, Tensor]
    preprocessing: dict[str, Any]
    whole: bool


def read(arch: str, p: Any, weights: str, example: Tensor, meta: dict[str, Any], asked: dict[str, Any]) -> Model:
    """The network of `weights`, of its first fold and seed, behind the preprocessing that it was trained with.

    p: the architecture's parameters. example: stored data (batch, channel, bin, frame), or (batch, 1, sample) of a
    waveform, that it is to read. meta: of the store they come from. asked: those of PREPROCESSING that params.yaml sets.
    The head is the architecture's own, with random weights. Raises UserError if the weights are of another architecture,
    or need another spectrogram or view, naming the difference.
    """
    file = _file(arch, p, weights, meta)
    for name in asked.keys() & file.preprocessing.keys():
        here, there = _as_yaml(asked[name]), _as_yaml(file.preprocessing[name])
        if here != there:
            raise UserError(f"{weights} wants view.{name}: {there}, but params.yaml has {here}")
    options = DEFAULTS | asked | file.preprocessing
    shape = (meta["channels"], meta["bins"]) if meta["channels"] > 1 else (meta["bins"],)
    moments = torch.zeros(shape), torch.ones(shape)  # a checkpoint of ours overwrites them
    prep = preprocess.spectrograms(options["normalise"], *moments, options["resize"], options["channels"])
    model = network.build(arch, p, prep, example, n_labels=2)
    _load(model if file.whole else model.net, file, arch, weights)
    return model


def _file(arch: str, p: Any, weights: str, meta: dict[str, Any]) -> WeightsFile:
    """Raises UserError if the file holds no weights, or they need another spectrogram than that of `meta`."""
    saved = model_pt.load(weights)
    if any(name in saved for name in OURS):
        return _ours(saved, weights, meta)
    if not saved or not all(isinstance(value, Tensor) for value in saved.values()):
        raise UserError(f"{weights}: neither a checkpoint of ours nor a state dict, which is tensors by name")
    module = params.component("dalsegno.models", arch)
    if not isinstance(module, Published):
        keys = ", ".join(list(saved)[:5])
        raise UserError(
            f"{weights}: not a checkpoint of ours, and {arch} takes no others; its first tensors are {keys}"
        )
    try:
        if Path(weights).is_dir() and isinstance(module, FromFolder):
            module.check_folder(p, Path(weights), meta)
        return WeightsFile(arch, module.published(p, saved, meta), {"normalise": module.NORMALISE}, whole=False)
    except ValueError as error:
        raise UserError(f"{weights}: {error}") from None


def _ours(saved: dict[str, Any], weights: str, meta: dict[str, Any]) -> WeightsFile:
    """Raises UserError if the checkpoint is of another kind of model, or of another spectrogram than that of `meta`."""
    missing = [name for name in OURS if name not in saved]
    if missing:
        raise UserError(f"{weights}: not a checkpoint of a network on spectrograms; it lacks {', '.join(missing)}")
    there = saved["spectrogram"]
    differences = [f"{k}: {there.get(k)} there, {meta.get(k)} here" for k in meta if meta[k] != there.get(k)]
    if differences:
        raise UserError(f"{weights}: trained on another kind of spectrogram ({'; '.join(differences)})")
    view = DEFAULTS | saved["view"]  # old checkpoints lack these
    preprocessing = {name: view[name] for name in PREPROCESSING}
    return WeightsFile(saved["arch"], saved["runs"][0]["state"], preprocessing, whole=True)


def _load(net: torch.nn.Module, file: WeightsFile, arch: str, weights: str) -> None:
    """Load all but the head, strictly. Raises UserError with the first five tensors that differ."""
    own, state = (
        {name: tensor for name, tensor in tensors.items() if not HEAD.match(name)}
        for tensors in (net.state_dict(), file.state)
    )
    shapes = {name: (_shape(state.get(name)), _shape(own.get(name))) for name in own | state}
    differs = [f"{name} ({there} in the file, {here} here)" for name, (there, here) in shapes.items() if there != here]
    if differs or file.arch != arch:
        fault = "does not fit the network that params.yaml describes"
        if file.arch != arch:
            fault = f"weights of a {file.arch!r}, but arch is {arch!r}"
        raise UserError(f"{weights}: {fault}; {len(differs)} tensors differ, first: {', '.join(differs[:5])}")
    net.load_state_dict(state, strict=False)


def _shape(tensor: Tensor | None) -> str:
    if tensor is None:
        return "absent"
    return " × ".join(map(str, tensor.shape)) or "a number"


def _as_yaml(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
