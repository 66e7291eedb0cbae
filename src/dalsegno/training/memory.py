"""The memory of a GPU: copying to it without waiting, and what to lower where it runs out."""

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
"""What CUDA and its libraries say where memory runs out; PyTorch itself has an exception of its own."""
ON_CPU = (
    "DefaultCPUAllocator: can't allocate memory",
    "Storage size calculation overflowed",
    "Overflow when unpacking long",  # of a side beyond 64 bits, which is a TypeError
)


def sent(numbers: Tensor, device: torch.device) -> Tensor:
    """`numbers`, which lie on the CPU, on `device`. The CPU does not wait for a GPU to finish its work."""
    return numbers if device.type == "cpu" else numbers.pin_memory().to(device, non_blocking=True)


def free_bytes(gpu: torch.device) -> int:
    """What this process can still have of the memory of a GPU, what PyTorch keeps of its earlier use included."""
    kept = torch.cuda.memory_reserved(gpu) - torch.cuda.memory_allocated(gpu)
    return torch.cuda.mem_get_info(gpu)[0] + kept


@contextmanager
def enough(advice: str, on_gpu: str = "") -> Iterator[None]:
    """Raise UserError with `advice`, what to do about it, if a GPU or the machine runs out of memory meanwhile.

    on_gpu: what else may be done about a GPU.
    """
    try:
        yield
    except (RuntimeError, TypeError) as error:
        gpu = isinstance(error, torch.OutOfMemoryError) or any(words in str(error) for words in BY_LIBRARIES)
        if not gpu and not any(words in str(error) for words in ON_CPU):
            raise
        asked = re.search(r"(?i)tried to allocate [\d.]+ \w+", str(error))
        more = f" ({asked[0]})" if asked else ""
        way_out = f"{advice}, or {on_gpu}" if gpu and on_gpu else advice
        raise UserError(f"the {'GPU' if gpu else 'machine'} does not have enough memory{more}: {way_out}") from None
