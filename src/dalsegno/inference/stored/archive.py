"""What is wrong with the file of a stored model as an archive: it would grow without bound once it is read, or its bytes have changed."""

import zipfile
from pathlib import Path
from typing import Any

from dalsegno.pipeline.errors import UserError

GROWTH = 4  # how many times the size of its file what is read may state; a model is not compressed and repeats little


def refuse_compressed(path: Path) -> None:
    """Raise UserError if the zip file `path` holds more than its own size; neither NumPy nor PyTorch compresses a model.

    A damaged one passes.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            stated = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, OSError):
        return  # its reader will say why
    if stated > path.stat().st_size:
        raise UserError(
            f"{path}: refused: what it holds would be {stated:,} bytes once unpacked, of a file of {path.stat().st_size:,}; "
            "stored models are not compressed"
        )


def refuse_damaged(path: Path) -> None:
    """Raise UserError if a part of the zip file `path` has another checksum than it states.

    PyTorch compares none, so that a single changed bit would change the answers and nothing else. What is no whole archive passes.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            part = archive.testzip()
    except Exception:  # a damaged file can make the reader stumble anywhere
        return  # that of the model will say why
    if part is not None:
        raise UserError(
            f"{path}: damaged: {part} in it has another checksum than when it was stored; copy it again, or dvc checkout "
            "brings back that of the run"
        )


def refuse_repeating(path: Path, content: dict[str, Any]) -> None:
    """Raise UserError if the `content` that was read of `path` names the same lists or numbers again and again.

    As written out it would grow without bound: each list of another's ten times, or a tensor of one number a million times.
    """
    left, todo = GROWTH * path.stat().st_size, list[Any]([content])
    while todo and left >= 0:
        value = todo.pop()
        left -= getattr(value, "nbytes", 1)
        if isinstance(value, dict | list | tuple):
            todo += value.values() if isinstance(value, dict) else value
    if left < 0:
        raise UserError(f"{path}: refused: it repeats so much that it would not fit {GROWTH} times into its own size")
