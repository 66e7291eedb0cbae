"""Which layers of a network stand side by side in its embedding.

Some architectures name their layers themselves, in `model.layers`. Of all others the blocks of the body are the layers,
numbered from 1: a feature map becomes the means and the maxima of its channels, a vector stays as it is.
"""

from collections.abc import Sequence
from typing import Any, Protocol, cast, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError

LAST = "embedding"  # what the body makes in the end, which all other models take


@runtime_checkable
class Layered(Protocol):
    """An architecture (module of `dalsegno.models`) that can make its embedding of several layers."""

    def widths(self, p: Any, input_shape: tuple[int, ...]) -> dict[str, int]:
        """How many numbers of the embedding each layer makes, by name, in their order."""
        ...


@runtime_checkable
class Stack(Protocol):
    """A block that is many layers by itself, such as a transformer."""

    def states(self, x: Tensor) -> list[Tensor]:
        """Vectors (batch, dim): the first layer's input, what each layer makes, and last what the block itself gives."""
        ...


class Blocks(nn.Sequential):
    """Preprocessing and body, whose embedding is the layers `chosen`, side by side."""

    def __init__(self, prep: nn.Module, body: nn.Module, chosen: Sequence[int | str]) -> None:
        super().__init__(prep, body)
        self.chosen = chosen

    def forward(self, x: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch dim"]:
        layers = self.layers(x)
        return torch.cat([layers[name] for name in self.chosen], 1)

    def layers(self, x: Float[Tensor, "batch ..."]) -> dict[int | str, Tensor]:
        """Vectors (batch, dim) of all layers that there are to choose from, those of a `Stack` numbered from 0."""
        prep, body = self
        first, vectors, x = 1, [], prep(x)
        for block in cast(nn.Sequential, body):
            if isinstance(block, Stack):
                (*vectors, x), first = block.states(x), 0
                continue
            x = block(x)
            if any(True for _ in block.parameters()):
                vectors.append(_vector(x))
        return {first + i: vector for i, vector in enumerate(vectors)} | {LAST: x}


def backbone(prep: nn.Module, body: nn.Module, chosen: Sequence[int | str] | None) -> nn.Sequential:
    """Preprocessing and body as one, which gives the layers `chosen`, or where none are the body's own embedding."""
    return Blocks(prep, body, chosen) if chosen else nn.Sequential(prep, body)


def widths(
    arch: str, p: Any, model: nn.Module, example: Float[Tensor, "batch ..."], asked: Sequence[int | str] | None
) -> dict[str, int]:
    """How many numbers of the embedding each layer makes, by name, in their order; empty if it is one layer, not chosen.

    model: as `backbone` makes it, or an encoder of one's own. example: stored data, which it is shown. asked: `layers` of
    the embeddings entry. Raises UserError if the network has no such layers.
    """
    module = params.component("dalsegno.models", arch)
    if isinstance(module, Layered):
        if asked:
            raise UserError(f"layers: {arch} has names for its layers; write them in model.layers, in place of layers")
        return module.widths(p, tuple(example.shape[1:]))
    if not asked:
        return {}
    if not isinstance(model, Blocks):
        raise UserError(f"layers: of no use where arch is {arch!r}, whose embedding is one layer; leave it out")
    blocks = list(model.modules())
    if not any(isinstance(m, Stack) for m in blocks) and any("Attention" in type(m).__name__ for m in blocks):
        raise UserError(f"layers: blocks of {arch} with this model hold tokens, which are not pooled; leave it out")
    with torch.inference_mode():
        there = model.eval().layers(example)
    if strange := [name for name in asked if name not in there]:
        *numbers, _ = there
        known = f"{numbers[0]} to {numbers[-1]}, and {LAST!r}" if len(numbers) > 1 else "one layer alone; leave it out"
        raise UserError(f"layers: {arch} with this model has no layer {strange[0]!r}; it has {known}")
    return {f"layer {name}" if isinstance(name, int) else name: there[name].shape[1] for name in asked}


def _vector(x: Float[Tensor, "batch channel *place"]) -> Float[Tensor, "batch dim"]:
    """The means of the channels, then their maxima; a vector as it is."""
    return x if x.ndim == 2 else torch.cat([x.flatten(2).mean(2), x.flatten(2).amax(2)], 1)
