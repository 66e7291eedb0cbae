"""The memory of a GPU: how numbers come there without a wait, and what can be lowered where it is not enough."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from dalsegno.pipeline.errors import UserError

BY_LIBRARIES = (
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUFFT_ALLOC_FAILED",
)
"""What is said where memory is asked for by CUDA and its libraries, and not by PyTorch itself."""


def sent(numbers: Tensor, device: torch.device) -> Tensor:
    """`numbers`, which lie on the CPU, on `device`. The CPU does not wait for a GPU to come to the end of its work."""
    return numbers if device.type == "cpu" else numbers.pin_memory().to(device, non_blocking=True)


@contextmanager
def enough(advice: str) -> Iterator[None]:
    """Raise UserError with `advice`, such as `lower train.batch_size`, if what is done meets the end of a GPU's memory."""
    try:
        yield
    except RuntimeError as error:
        if not (isinstance(error, torch.OutOfMemoryError) or any(words in str(error) for words in BY_LIBRARIES)):
            raise
        asked = re.search(r"Tried to allocate [\d.]+ \w+", str(error))
        more = f" ({asked[0]})" if asked else ""
        raise UserError(f"the GPU has not enough memory{more}: {advice}, or set runtime.device to cpu") from None
