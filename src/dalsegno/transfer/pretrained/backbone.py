"""A pretrained network behind the preprocessing that it was trained with."""

import re
from typing import Any

import torch
from torch import Tensor

from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.refusals import typed
from dalsegno.training import network
from dalsegno.training.network import Model
from dalsegno.training.views import preprocess
from dalsegno.transfer.pretrained.weights_file import DEFAULTS, Run, WeightsFile

HEAD = re.compile(r"(net\.)?head\.")


def build(
    arch: str, p: Any, file: WeightsFile, run: Run, example: Tensor, meta: dict[str, Any], asked: dict[str, Any]
) -> Model:
    """The network with the weights of `run`, one of those in `file`, behind the preprocessing that they expect.

    p: the architecture's parameters. example: stored data (batch, channel, bin, frame), or (batch, 1, sample) of a
    waveform, that it is to read. meta: of the store they come from. asked: the preprocessing that params.yaml sets. The
    head is the architecture's own, with random weights. Raises UserError if the weights are of another architecture, or
    need another view, naming the difference.
    """
    for name in asked.keys() & file.preprocessing.keys():
        here, there = typed(asked[name]), typed(file.preprocessing[name])
        if here != there:
            raise UserError(f"{file.path} wants view.{name}: {there}, but params.yaml has {here}")
    options = preprocessing(file, asked)
    shape = (meta["channels"], meta["bins"]) if meta["channels"] > 1 else (meta["bins"],)
    moments = torch.zeros(shape), torch.ones(shape)  # a checkpoint of ours overwrites them
    prep = preprocess.spectrograms(options["normalise"], *moments, options["resize"], options["channels"])
    model = network.build(arch, p, prep, example, n_labels=2)
    _load(model if file.whole else model.net, run.state, arch, file)
    return model


def preprocessing(file: WeightsFile, asked: dict[str, Any]) -> dict[str, Any]:
    """How pictures are prepared for the weights in `file`: normalise, resize and channels of a view."""
    return DEFAULTS | asked | file.preprocessing


def _load(net: torch.nn.Module, tensors: dict[str, Tensor], arch: str, file: WeightsFile) -> None:
    """Load all but the head, strictly. Raises UserError with the first five tensors that differ."""
    own, state = (
        {name: tensor for name, tensor in named.items() if not HEAD.match(name)}
        for named in (net.state_dict(), tensors)
    )
    shapes = {name: (_shape(state.get(name)), _shape(own.get(name))) for name in own | state}
    differs = [f"{name} ({there} in the file, {here} here)" for name, (there, here) in shapes.items() if there != here]
    if differs or file.arch != arch:
        fault = "does not fit the network that params.yaml describes"
        if file.arch != arch:
            fault = f"weights of a {file.arch!r}, but arch is {arch!r}"
        raise UserError(f"{file.path}: {fault}; {len(differs)} tensors differ, first: {', '.join(differs[:5])}")
    net.load_state_dict(state, strict=False)


def _shape(tensor: Tensor | None) -> str:
    if tensor is None:
        return "absent"
    return " × ".join(map(str, tensor.shape)) or "a number"
