"""A stored network, asked about clips as it was when they were scored: each clip by the folds that held it out."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook

from dalsegno.artefacts import model_name
from dalsegno.artefacts.learning import pieces
from dalsegno.artefacts.spectrogram_store import Store
from dalsegno.inference.kinds import convolutional, frozen
from dalsegno.inference.kinds.on_spectrograms import OnSpectrograms
from dalsegno.inference.stored import model_file
from dalsegno.inference.stored.model_file import Stored
from dalsegno.pipeline import files

KINDS: dict[str, Callable[..., OnSpectrograms]] = {"convolutional": convolutional.Kind, "frozen": frozen.Kind}
LONGEST_S = 30.0  # of a recording: its beginning


@dataclass(frozen=True)
class Clips:
    """Where the file of each clip is, and the folds in which it is scored; by id, that of a piece included.

    beside: a path beside which a spectrogram may lie while it is looked at.
    """

    files: dict[str, Path]
    folds: dict[str, list[int]]
    beside: Path


@dataclass(frozen=True)
class Network:
    """A stored network on spectrograms. Its methods raise UserError where it, or a file, cannot be read or asked."""

    stored: Stored
    clips: Clips
    device: torch.device
    _of_folds: dict[tuple[int, ...], OnSpectrograms] = field(default_factory=dict)

    def of(self, item: str) -> OnSpectrograms:
        """The networks of the folds in which `item` is scored, every seed."""
        folds = tuple(self.clips.folds[item])
        if folds not in self._of_folds:
            runs = [run for run in self.stored.runs if run["fold"] in folds]
            held_out = replace(self.stored, content=self.stored.content | {"runs": runs})
            self._of_folds[folds] = KINDS[held_out.kind](held_out, self.device)
        return self._of_folds[folds]

    def store(self, item: str) -> Store:
        """The spectrogram of a clip, or of the piece that `item` names, as its network sees it; at most LONGEST_S of it."""
        _, k, n = pieces.place(item)
        with files.scratch(self.clips.beside) as spill:
            spill.mkdir()
            whole = self.of(item).spectrogram.store(self.clips.files[item], spill)
            low, high = (len(whole.frames) * i // n for i in (k, k + 1))
            most = round(LONGEST_S * whole.meta["frame_rate_hz"])
            frames = np.array(whole.frames[low : min(high, low + most)])
        return replace(whole, frames=frames, index=whole.index.assign(n_frames=len(frames)))

    def operations(self, item: str) -> int:
        """How many floating-point operations one answer about `item` takes: a cost that no clock decides.

        They are those of layers with a weight; PyTorch counts others too, but imports its compiler for that, a second or two.
        """
        store, counted = self.store(item), 0

        def count(layer: nn.Module, _: Any, out: Any) -> None:
            nonlocal counted
            weight = getattr(layer, "weight", None)
            if isinstance(weight, Tensor) and weight.ndim > 1:
                counted += 2 * out.numel() * (weight.numel() // len(weight))

        hook = register_module_forward_hook(count)
        try:
            self.of(item).of_store(store)
        finally:
            hook.remove()
        return counted


def stored(run_dir: Path) -> Stored | None:
    """The model in the folder of a run, if it is a network that sees several bands of a spectrogram.

    Raises UserError if the file is damaged, or of another version.
    """
    file = run_dir / model_name.NETWORK
    model = model_file.read(file) if file.is_file() else None
    if model is None or model.kind not in KINDS:
        return None
    seen = model.content if model.kind == "convolutional" else model.content["backbone"]
    return model if seen["spectrogram"].get("bins", 1) > 1 else None
