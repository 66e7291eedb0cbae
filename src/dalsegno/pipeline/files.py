"""Outputs that are whole or not there at all."""

import json
import math
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, file or folder; it replaces `path` on success and is removed on failure."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.parent / f".{path.name}.{uuid.uuid4().hex[:8]}.part"
    try:
        yield draft
        if draft.is_dir():
            _remove(path)
        os.replace(draft, path)
    finally:
        _remove(draft)


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with atomic(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: str | Path, data: Any) -> None:
    """Write JSON with floats rounded to 6 digits. Raises ValueError on NaN, which DVC would show as changed for ever."""
    write_text(path, json.dumps(_rounded(data), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _rounded(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(k): _rounded(v) for k, v in data.items()}
    if isinstance(data, (list, tuple)):
        return [_rounded(v) for v in data]
    if hasattr(data, "item") and not isinstance(data, (str, bytes)):  # a NumPy scalar
        data = data.item()
    if isinstance(data, float):
        if not math.isfinite(data):
            raise ValueError(f"a figure is {data}; refusing to write it")
        return round(data, 6)
    return data


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
