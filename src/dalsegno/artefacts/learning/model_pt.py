"""model.pt: weights, and what they need to be used again on new sound: plain data and tensors, which load without running code."""

import io
import json
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dalsegno.pipeline import files
from dalsegno.pipeline.errors import UserError, gist

IN_FOLDER = ("model.safetensors", "pytorch_model.bin")  # what the publishers' folders of weights hold
DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64", "I32": "int32"}


def save(path: str | Path, checkpoint: dict[str, Any]) -> None:
    """Write `checkpoint`: tensors and plain data only. Its bytes depend on its content, not on its file's name."""
    buffer = io.BytesIO()  # given a path, torch.save writes the file's name into the file
    torch.save(checkpoint, buffer)
    with files.atomic(path) as draft:
        draft.write_bytes(buffer.getvalue())


def load(path: str | Path) -> dict[str, Any]:
    """What `save` wrote, or a published state dict, on the CPU. A folder stands for the weights in it.

    Raises UserError if the file is missing, cut short, or would run code when read.
    """
    path = _file(Path(path))
    try:
        read = _safetensors if path.suffix == ".safetensors" else _torch
        saved = read(path)
    except UserError:
        raise
    except Exception as error:  # a damaged file can make the readers stumble anywhere
        raise UserError(f"{path}: not a readable file of weights, perhaps cut short ({gist(error)})") from None
    if not isinstance(saved, dict):
        raise UserError(f"{path}: holds a {type(saved).__name__}, not weights by name")
    return saved


def _file(path: Path) -> Path:
    """`path`, or the weights in it if it is a folder."""
    if not path.is_dir():
        if not path.is_file():
            raise UserError(f"{path}: there is no such file of weights")
        return path
    for name in IN_FOLDER:
        if (path / name).is_file():
            return path / name
    raise UserError(f"{path}: this folder has no weights in it; expected {' or '.join(IN_FOLDER)}")


def _torch(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        code = re.search(r"GLOBAL (\S+)", str(error))
        if code is None and not re.search("Unsupported operand|reduce", str(error)):
            raise
        what = f", {code[1]}," if code else ""
        raise UserError(
            f"{path}: refused: it is a pickle with code in it{what} that could run when it is read"
        ) from None


def _safetensors(path: Path) -> dict[str, Tensor]:
    """Tensors by name: the length of a JSON header, the header, the bytes (huggingface.co/docs/safetensors)."""
    data = np.fromfile(path, np.uint8)
    start = 8 + int(data[:8].view("<u8")[0])
    header = json.loads(data[8:start].tobytes())
    tensors = {}
    for name, told in header.items():
        if name != "__metadata__":
            low, high = told["data_offsets"]
            raw = torch.from_numpy(data[start + low : start + high].copy())
            tensors[name] = raw.view(getattr(torch, DTYPES[told["dtype"]])).view(told["shape"])
    return tensors
