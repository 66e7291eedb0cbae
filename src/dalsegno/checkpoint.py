"""model.pt: weights and what they need to be used again, as plain data that loads without running code."""

import io
import pickle
from pathlib import Path
from typing import Any

import torch

from dalsegno import files
from dalsegno.params import UserError


def save(path: str | Path, checkpoint: dict[str, Any]) -> None:
    """Write `checkpoint`: tensors and plain data only. Its bytes depend on its content, not on its file's name."""
    buffer = io.BytesIO()  # given a path, torch.save writes the file's name into the file
    torch.save(checkpoint, buffer)
    with files.atomic(path) as draft:
        draft.write_bytes(buffer.getvalue())


def load(path: str | Path) -> dict[str, Any]:
    """What `save` wrote, or a published state dict, on the CPU.

    Raises UserError if the file is missing, cut short, or would run code when read.
    """
    if not Path(path).is_file():
        raise UserError(f"{path}: there is no such file of weights")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{path}: refused: it holds more than tensors and plain data ({reason})") from None
    except (RuntimeError, EOFError, OSError, ValueError) as error:
        raise UserError(f"{path}: not a readable file of weights, perhaps cut short ({error})") from None
