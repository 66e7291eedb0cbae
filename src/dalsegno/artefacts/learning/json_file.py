"""JSON as every stage writes it: numbers that were computed rounded to six digits, so that the last bits of a sum mark nothing as
changed; settings as they are."""

import json
import math
from pathlib import Path
from typing import Any

from dalsegno.pipeline import files


def write(path: str | Path, data: Any, *, exact: bool = False) -> None:
    """Write JSON with floats rounded to 6 digits, or `exact`, for settings, since a rate of 1e-7 is not one of 0.

    Raises ValueError on NaN, which DVC would show as changed for ever.
    """
    content = data if exact else _rounded(data)
    files.write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read(path: str | Path) -> Any:
    """The content of a JSON file of the project's own."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def _rounded(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(k): _rounded(v) for k, v in data.items()}
    if isinstance(data, (list, tuple)):
        return [_rounded(v) for v in data]
    if hasattr(data, "item") and not isinstance(data, (str, bytes)):  # a NumPy scalar
        data = data.item()
    if isinstance(data, float):
        if not math.isfinite(data):
            raise ValueError(f"a number is {data}; refusing to write it")
        return round(data, 6)
    return data
