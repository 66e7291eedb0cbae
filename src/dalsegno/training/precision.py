"""In which number format networks are trained and run, and what else results depend on besides settings and seeds."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from dalsegno.pipeline import environment
from dalsegno.pipeline.cluster import ranks


def of_training(device: torch.device, input_shape: Sequence[int]) -> torch.dtype:
    """bfloat16 on a GPU for spectrograms and waveforms, where that halves the time; else float32.

    input_shape: of one example. Networks on tables are too small to become faster. GPUs older than Ampere, such as a T4,
    can only imitate bfloat16: slowly, and not at all in the convolutions of cuDNN.
    """
    if device.type != "cuda" or len(input_shape) < 2 or not torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.float32
    return torch.bfloat16


@contextmanager
def full() -> Iterator[None]:
    """Multiply in float32 on a GPU as well, whose convolutions would else round their inputs to 10 bits (TF32)."""
    convolutions, products = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = convolutions, products


def peak_memory_mb(device: torch.device) -> dict[str, float]:
    """The most memory that this process has held so far, and `peak_gpu_memory_mb`, that of its tensors on a GPU."""
    on_gpu = torch.cuda.max_memory_allocated(device) / 1e6 if device.type == "cuda" else None
    return environment.peak_memory_mb() | ({} if on_gpu is None else {"peak_gpu_memory_mb": on_gpu})


def machine(device: torch.device) -> dict[str, Any]:
    """As of `environment.machine`, and the name of the `gpu` where one is used."""
    gpu = {"gpu": torch.cuda.get_device_name(device)} if device.type == "cuda" else {}
    return environment.machine() | gpu


def made_on(device: torch.device, dtype: torch.dtype) -> dict[str, Any]:
    """Device, number of threads, number format and versions of packages, as plain data."""
    together = {"processes": ranks.world()} if ranks.world() > 1 else {}
    return together | {
        "device": device.type,
        "threads": torch.get_num_threads(),
        "dtype": str(dtype).removeprefix("torch."),
        "versions": environment.versions(),
    }
