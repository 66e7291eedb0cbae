"""Where and on how many cores things run: the one section of params.yaml that DVC does not track.

Nothing here may change a result on purpose, so editing `runtime` reruns nothing.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import joblib
from pydantic import Field
from threadpoolctl import threadpool_limits

from dalsegno.pipeline import progress
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.params import section

if TYPE_CHECKING:
    import torch

A = TypeVar("A")
B = TypeVar("B")


@section
class Runtime:
    """`runtime:` in params.yaml."""

    workers: Annotated[int, Field(ge=1)] | None = None  # processes for audio work; null: one per core
    device: Literal["auto", "cpu", "cuda"] = "auto"  # where models train; auto: a GPU if there is one

    def torch_device(self) -> "torch.device":
        """The device that is asked for. Raises UserError for a GPU that is not there."""
        import torch  # takes seconds, and most stages need none

        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what deterministic matrix products on a GPU need
        if self.device == "cuda" and not torch.cuda.is_available():
            raise UserError("runtime.device is 'cuda', but PyTorch finds no GPU here; set it to auto or cpu")
        return torch.device("cuda" if self.device != "cpu" and torch.cuda.is_available() else "cpu")


def map(
    function: Callable[[A], B], items: Iterable[A], total: int, r: Runtime, desc: str, unit: str = "clip"
) -> Iterator[B]:
    """Yield `function(item)` for each item, in order, from `r.workers` processes with one BLAS thread each.

    Unpinned BLAS threads made two workers slower than one. Results are taken as they are needed, so memory stays flat.
    A Ray or Dask cluster takes the work over through `joblib.parallel_config(backend=...)`.
    """
    workers = r.workers or os.cpu_count() or 1
    if workers == 1 or total <= 2 * workers:
        with threadpool_limits(1):
            yield from progress.bar((function(item) for item in items), desc, total, unit)
        return
    here = partial(_here, Path.cwd(), function)  # a worker that served another folder before still stands there
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        results = joblib.Parallel(n_jobs=workers, return_as="generator")(joblib.delayed(here)(i) for i in items)
        yield from progress.bar(results, desc, total, unit)


def _here(folder: Path, function: Callable[[A], B], item: A) -> B:
    os.chdir(folder)
    return function(item)
