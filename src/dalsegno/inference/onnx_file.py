"""The networks of a stored model as one ONNX file, and beside it, as JSON, how sound becomes their input.

The graph maps views of a clip (batch, …), numbers in the unit of the store, to the probabilities of each fold and seed
(batch, run, label), or, where heads see all views of a clip at once, to (1, run, label). It holds all from
normalisation to softmax; what comes before it and after it is in the JSON file.
"""

import json
import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dalsegno.inference.kinds import mlp
from dalsegno.inference.kinds.on_spectrograms import OnSpectrograms
from dalsegno.inference.model import Model
from dalsegno.pipeline import files
from dalsegno.pipeline.errors import UserError, gist

CLOSE = 1e-4  # greatest difference between a probability by onnxruntime and ours
N_CHECKED = 3  # views of each kind that are compared; their number is another one than the graph was traced with
AFTER = "For each run: the vote of the probabilities of all views of a clip; then the mean over the runs."


class Together(nn.Module):
    """All folds and seeds at once: views of a clip to probabilities (batch, run, label)."""

    def __init__(self, body: nn.Module, heads: list[nn.Module], at_once: bool = False) -> None:
        super().__init__()
        self.body, self.heads, self.at_once = body, nn.ModuleList(heads), at_once

    def forward(self, x: Tensor) -> Tensor:
        """Probabilities (batch, run, label), or (1, run, label) where heads see all views of a clip at once."""
        embedded = self.body(x)[None] if self.at_once else self.body(x)
        return torch.stack([head(embedded).softmax(1) for head in self.heads], 1)


def write(model: Model, path: Path) -> float:
    """Write the graph to `path` and its JSON beside it; the greatest difference of a probability that was seen.

    Raises UserError if the model has no network, or onnxruntime gives other probabilities than PyTorch.
    """
    network, shape = _network(model)
    with files.atomic(path) as draft:
        _export(network, torch.zeros(2, *shape), draft, model.name)
        difference = _compare(network, shape, draft)
        if not difference <= CLOSE:
            raise UserError(f"{model.name}: as ONNX its probabilities differ by {difference:.1g}; nothing was written")
    files.write_text(path.with_suffix(".json"), json.dumps(recipe(model), indent=1, ensure_ascii=False) + "\n")
    return difference


def recipe(model: Model) -> dict[str, Any]:
    """How a file becomes the input of the graph, and its output an answer: plain data."""
    member = model.members[0]
    content = member.stored.content
    told: dict[str, Any] = {
        "model": model.name,
        "labels": model.labels,
        "runs": len(member.stored.runs),
        "after": AFTER,
    }
    if isinstance(member, OnSpectrograms):
        seen = content.get("backbone", content)
        front_end = {"spectrogram": member.spectrogram.meta, "view": seen["view"], "crop_frames": member.crops[0]}
        before = (
            "The spectrogram of the whole clip, in its unit: stored * scale + offset. Windows of crop_frames, a hop of "
            "view.hop_s seconds apart (null: end to end), the last one ending with the clip; a shorter clip is filled up "
            "with `floor`. A batch is (batch, channel, bin, frame), or (batch, 1, sample) of a waveform."
        )
        if member.at_once:
            before += " A batch is all views of one clip, which the heads see at once: the output is (1, run, label)."
        return told | front_end | {"before": before, "vote": member.view.vote}
    front_end = {"features": content["features"], "settings": content["settings"]}
    return (
        told | front_end | {"before": "A row of features per segment: (batch, feature), in this order.", "vote": "mean"}
    )


def _network(model: Model) -> tuple[Together, tuple[int, ...]]:
    """The networks, and the shape of one view."""
    if len(model.members) > 1:
        raise UserError(f"{model.name}: an ensemble is several models; export each of its members")
    member = model.members[0]
    if isinstance(member, mlp.Kind):
        return Together(nn.Identity(), member.heads).cpu().eval(), (len(member.features.names),)
    if not isinstance(member, OnSpectrograms):
        raise UserError(f"{model.name}: it has no network to export; model.npz holds its numbers as plain arrays")
    if len(set(member.crops)) > 1 or member.view.evaluate == "whole":
        raise UserError(
            f"{model.name}: its networks see clips at more than one length, and a graph takes one; train it with "
            "view.crop_s set (in the entry of embeddings, if it reads one) and evaluate: windows"
        )
    meta, crop = member.spectrogram.meta, member.crops[0]
    shape = (1, crop) if meta["kind"] == "waveform" else (meta["channels"], meta["bins"], crop)
    return Together(member.body, member.heads, member.at_once).cpu().eval(), shape


def _export(network: Together, example: Tensor, path: Path, name: str) -> None:
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            logging.getLogger("torch.onnx").setLevel(logging.ERROR)
            program = torch.onnx.export(
                network.float(), (example,), input_names=["x"], output_names=["p"], dynamo=True, verbose=False,
                dynamic_shapes=({0: torch.export.Dim("batch")},), optimize=True,
            )  # fmt: skip
            if program is None:
                raise ValueError("no graph came of it")
    except ImportError as error:
        raise UserError(f"{error.name} is not installed; pip install 'dalsegno[onnx]'") from None
    except Exception as error:  # the exporter stumbles wherever an architecture has what ONNX lacks
        raise UserError(f"{name}: its architecture cannot be exported: {gist(error)}") from None
    program.save(path)


def _compare(network: Together, shape: tuple[int, ...], path: Path) -> float:
    """The greatest difference of a probability between onnxruntime and PyTorch, on views of noise."""
    try:
        import onnxruntime
    except ImportError:
        raise UserError("onnxruntime is not installed; pip install 'dalsegno[onnx]'") from None
    noise = torch.randn((N_CHECKED, *shape), generator=torch.Generator().manual_seed(0))
    x = torch.cat([noise, 20 * noise - 40])  # amplitudes or features, and decibels
    there = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"x": x.numpy()})[0]
    with torch.no_grad():
        return float(np.abs(np.asarray(there) - network(x).numpy()).max())
