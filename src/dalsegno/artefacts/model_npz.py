"""model.npz: a fitted estimator, arrays and plain data, which NumPy alone reads. Reading it runs no code.

A classical model is short arithmetic on these arrays (families/estimators.py). They outlive the version of scikit-learn that
fitted them, which a pickle does not, and whoever asks such a model need not hold half a gigabyte of PyTorch.
"""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from dalsegno.pipeline import files
from dalsegno.pipeline.errors import UserError, gist

PLACE = "array of this file"


def save(path: str | Path, content: dict[str, Any]) -> None:
    """Write `content`: arrays and plain data, in dictionaries and lists. The same content makes the same bytes."""
    arrays: list[np.ndarray] = []
    plain = json.dumps(_taken_out(content, arrays)).encode()
    buffer, entries = io.BytesIO(), dict[str, Any](zip(map(str, range(len(arrays))), arrays, strict=True))
    np.savez(buffer, **entries, content=np.frombuffer(plain, np.uint8))
    with files.atomic(path) as draft:
        draft.write_bytes(buffer.getvalue())


def load(path: str | Path) -> dict[str, Any]:
    """What `save` wrote. Raises UserError if the file is missing, damaged or not one of these."""
    if not Path(path).is_file():
        raise UserError(f"{path}: there is no such file")
    try:
        with np.load(path, allow_pickle=False) as file:
            content = _put_back(json.loads(file["content"].tobytes()), file)
    except Exception as error:  # a damaged file can make the readers stumble anywhere
        raise UserError(f"{path}: not a readable model, perhaps cut short ({gist(error)})") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: holds a {type(content).__name__}, not a model")
    return content


def _taken_out(value: Any, arrays: list[np.ndarray]) -> Any:
    """`value` as plain data; its arrays are appended to `arrays`, and their places say which."""
    if isinstance(value, dict):
        return {name: _taken_out(item, arrays) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_taken_out(item, arrays) for item in value]
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {PLACE: len(arrays) - 1}
    return value.item() if isinstance(value, np.generic) else value


def _put_back(value: Any, file: Any) -> Any:
    """What `_taken_out` was given."""
    if isinstance(value, dict):
        return file[str(value[PLACE])] if PLACE in value else {name: _put_back(v, file) for name, v in value.items()}
    return [_put_back(item, file) for item in value] if isinstance(value, list) else value
