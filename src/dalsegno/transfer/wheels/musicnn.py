"""The four taggers in the Python package musicnn 0.1.0, as PyTorch's state dicts: read from its wheel, or unpacked.

Nothing of the package is imported or run: it needs TensorFlow 1, and its checkpoints are files like any others.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dalsegno.pipeline.errors import UserError, hint
from dalsegno.transfer.wheels import tf_checkpoint, wheel_file

VERSION = "0.1.0"
CHECKPOINTS = ("MSD_musicnn", "MSD_vgg", "MTT_musicnn", "MTT_vgg")
FILES = (".index", ".data-00000-of-00001")
TENSORS = {  # TensorFlow's names of a layer's tensors → PyTorch's
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def known(checkpoint: str) -> str:
    """`checkpoint`, if the package has one of that name. Raises UserError with the nearest."""
    if checkpoint not in CHECKPOINTS:
        raise UserError(
            f"{checkpoint!r} is not a checkpoint of musicnn{hint(checkpoint, list(CHECKPOINTS))}; there are: {', '.join(CHECKPOINTS)}"
        )
    return checkpoint


def read(source: str | Path, checkpoint: str) -> dict[str, Tensor]:
    """Tensors by layer, as in `conv2d_1.weight`, with the axes in PyTorch's order: out, in, frame, bin.

    source: the wheel, or the folder `musicnn` of an unpacked or installed one. Raises UserError if it holds no such
    checkpoint, such as MSD_musicnn, or a damaged one.
    """
    index, data = contents(source, checkpoint)
    tensors = tf_checkpoint.read(index, data, f"{source}/{checkpoint}/", _of_a_layer)
    return in_pytorchs_names(tensors)


def in_pytorchs_names(tensors: dict[str, np.ndarray]) -> dict[str, Tensor]:
    """A checkpoint's tensors, such as `conv2d_1/kernel`, as `read` gives them."""
    state = dict(_renamed(name, tensor) for name, tensor in sorted(tensors.items()))
    for name in [name for name in state if name.endswith("running_var")]:
        state[name.replace("running_var", "num_batches_tracked")] = torch.tensor(0)
    return state


def contents(source: str | Path, checkpoint: str) -> tuple[bytes, ...]:
    """What the two files of a checkpoint hold, `.index` and `.data-00000-of-00001`. Raises UserError as `read` does."""
    known(checkpoint)
    source = Path(source)
    if source.is_dir():
        return _folder(source, checkpoint)
    return wheel_file.contents(source, [f"musicnn/{checkpoint}/{name}" for name in FILES], f"musicnn {VERSION}")


def _of_a_layer(name: str) -> bool:
    """Whether a tensor is a layer's own, and not the optimiser's memory of it."""
    return name.partition("/")[2] in TENSORS


def _renamed(name: str, tensor: np.ndarray) -> tuple[str, Tensor]:
    layer, kind = name.split("/")
    if tensor.ndim == 4:  # height, width, in, out
        tensor = tensor.transpose(3, 2, 0, 1)
    elif tensor.ndim == 2:
        tensor = tensor.T
    return f"{layer}.{TENSORS[kind]}", torch.from_numpy(tensor.copy())


def _folder(source: Path, checkpoint: str) -> tuple[bytes, ...]:
    try:
        return tuple((source / checkpoint / name).read_bytes() for name in FILES)
    except OSError as error:
        raise UserError(f"{error.filename}: {error.strerror}; it is part of musicnn 0.1.0") from None
