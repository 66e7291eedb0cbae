"""One training loop in several processes: each takes its share of every batch, and all move their weights alike.

`batch_size` is that of all together, so a run in several processes is the run of one, up to rounding, but for two things:
batch normalisation sees the share of a process instead of the batch, and dropout draws for each share on its own. Where
a process is alone, nothing here does anything.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from dalsegno.pipeline.cluster import ranks

T = TypeVar("T")
PATIENCE = timedelta(days=1)
"""How long the others wait for the first process, which alone validates; NCCL's own ten minutes end a run on a million clips.
torchrun ends all of them as soon as one has failed."""


@contextmanager
def joined(device: torch.device) -> Iterator[None]:
    """Connect the processes for as long as the context lasts."""
    if ranks.world() == 1:
        yield
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)  # which NCCL uses; else all processes would use the first GPU
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield
    finally:
        dist.destroy_process_group()


def share(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, float]:
    """This process's examples of a batch, and which part of the batch they are.

    Batch normalisation needs two examples; a batch with fewer per process is taken whole by each, with equal weight.
    """
    n, n_processes = len(x), ranks.world()
    if n < 2 * n_processes:
        return x, y, 1 / n_processes
    own = slice(ranks.rank(), None, n_processes)
    return x[own], y[own], len(x[own]) / n


def add_gradients(weights: list[Tensor]) -> None:
    """Replace the gradient of each weight by the sum over all processes."""
    if ranks.world() == 1:
        return
    gradients = [w.grad for w in weights if w.grad is not None]
    together = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(together)
    for gradient, total in zip(gradients, together.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(total.view_as(gradient))


def added(values: Tensor) -> Tensor:
    """The sum of `values` over all processes."""
    if ranks.world() > 1:
        dist.all_reduce(values)
    return values


def average_buffers(model: nn.Module) -> None:
    """Give all processes the mean of what each has counted, such as the moments of batch normalisation."""
    for buffer in model.buffers() if ranks.world() > 1 else ():
        if buffer.is_floating_point():
            dist.all_reduce(buffer)
            buffer /= ranks.world()


def from_first(make: Callable[[], T]) -> T:
    """What the first process makes, for all."""
    if ranks.world() == 1:
        return make()
    made = [make() if ranks.rank() == 0 else None]
    dist.broadcast_object_list(made)
    return made[0]  # pyright: ignore[reportReturnType]
