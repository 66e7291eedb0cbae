"""layers.csv of a network: its layers in the order in which data pass them, with the shape that each gives out."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from dalsegno.pipeline import files

COLUMNS = ["layer", "type", "output", "parameters"]
MOST = 40  # layers; a larger network is told by its blocks


@torch.inference_mode()
def table(model: nn.Module, example: Tensor, n_before: int = 0) -> pd.DataFrame:
    """COLUMNS, as one pass of `example` [shape=(1, …)] meets them; output: the shape without the batch, a × b × c.

    n_before: parameters of the frozen network whose embeddings `example` holds, which has the first row, if there is one.
    A layer that is used several times stands where it is met first. Parameters outside the layers that are listed are in
    a last row, so that the column sums to those of the model.
    """
    model.eval()
    names = {module: name for name, module in _parts(model)}
    met: dict[nn.Module, str] = {}

    def note(module: nn.Module, _: Any, out: Any) -> None:
        met.setdefault(module, _shape(out))

    hooks = [module.register_forward_hook(note) for module in names]
    try:
        model(example)
    finally:
        for hook in hooks:
            hook.remove()
    before = [["", "frozen network", _shape(example), n_before]] if n_before else []
    rows = [[names[m], _type(m), shape, sum(w.numel() for w in m.parameters())] for m, shape in met.items()]
    rest = sum(w.numel() for w in model.parameters()) - sum(row[-1] for row in rows)
    return pd.DataFrame([*before, *rows, *([["", "others", "", rest]] if rest else [])], columns=COLUMNS)


def write(path: str | Path, layers: pd.DataFrame) -> None:
    """Write what `table` gave."""
    with files.atomic(path) as draft:
        layers.to_csv(draft, index=False, lineterminator="\n")


def _parts(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """Every layer, or where these are more than MOST, the smallest blocks that are not."""
    parts = [(name, child) for name, child in model.named_children()]
    while True:
        finer = [part for parent in parts for part in _finer(*parent)]
        if len(finer) > MOST or finer == parts:
            return parts
        parts = finer


def _finer(name: str, module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    children = [(f"{name}.{child_name}", child) for child_name, child in module.named_children()]
    yield from children or [(name, module)]


def _type(module: nn.Module) -> str:
    """What a layer is called; layers that are merely put in a row, as a stack of a VGG is, by what they are."""
    of = Counter(_in_row(module))
    return ", ".join(kind if n == 1 else f"{n} × {kind}" for kind, n in of.items())


def _in_row(module: nn.Module) -> Iterator[str]:
    if type(module) is nn.Sequential and len(module):
        for child in module:
            yield from _in_row(child)
    else:
        yield type(module).__name__


def _shape(out: Any) -> str:
    first = out[0] if isinstance(out, tuple | list) and out else out
    return " × ".join(map(str, first.shape[1:])) if isinstance(first, Tensor) else ""
