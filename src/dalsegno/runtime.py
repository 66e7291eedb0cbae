"""Where and on how many cores things run: the one section of params.yaml that DVC does not track.

Nothing here may change a result on purpose, so editing `runtime` reruns nothing.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Literal, TypeVar

import joblib
from pydantic import Field
from threadpoolctl import threadpool_limits

from dalsegno import progress
from dalsegno.params import section

A = TypeVar("A")
B = TypeVar("B")


@section
class Runtime:
    """`runtime:` in params.yaml."""

    workers: Annotated[int, Field(ge=1)] | None = None  # processes for audio work; null: one per core
    device: Literal["auto", "cpu", "cuda"] = "auto"  # where models train; auto: a GPU if there is one


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
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        results = joblib.Parallel(n_jobs=workers, return_as="generator")(joblib.delayed(function)(i) for i in items)
        yield from progress.bar(results, desc, total, unit)
