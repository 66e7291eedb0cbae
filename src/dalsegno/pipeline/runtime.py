"""Where and on how many cores things run: the one section of params.yaml that DVC does not track.

Nothing here may change a result on purpose, so editing `runtime` reruns nothing.
"""

import contextlib
import itertools
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from pydantic import Field
from threadpoolctl import threadpool_limits

from dalsegno.pipeline import progress
from dalsegno.pipeline.cluster import by_ray, ending, kept_memory, orphans, ranks
from dalsegno.pipeline.errors import FULL, UserError
from dalsegno.pipeline.params import section

if TYPE_CHECKING:
    import torch

A = TypeVar("A")
B = TypeVar("B")
NO_WORKERS = (
    "no worker process can start here: /dev/shm, through which the processes of a machine communicate, is full or missing; "
    "make room there, or set runtime.workers to 1"
)
DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")  # of which one is there where PyTorch may find a GPU


@section
class Runtime:
    """`runtime:` in params.yaml."""

    workers: Annotated[int, Field(ge=1)] | None = None  # processes for audio work; null: one per core
    device: Literal["auto", "cpu", "cuda"] = "auto"  # where models train; auto: a GPU if there is one
    # that train one network together, a GPU each (cnn, pretrain, transfer)
    processes: Annotated[int, Field(ge=1, le=128)] = 1
    backend: Literal["loky", "ray"] = "loky"  # what the processes are started by; ray: also on other machines
    # head of a Ray cluster, host:port; null: here
    address: Annotated[str, Field(pattern=r"^[^:/]+:[0-9]+$")] | None = None

    def __post_init__(self) -> None:
        if self.address and self.backend != "ray":
            raise ValueError(f"address is {self.address}, but backend is {self.backend}; set backend to ray")

    def torch_device(self) -> "torch.device":
        """The device that is asked for. Raises UserError for a GPU that is not there."""
        import torch  # takes seconds, and most stages need none

        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what deterministic matrix products on a GPU need
        if self.device == "cuda" and not torch.cuda.is_available():
            raise UserError("runtime.device is 'cuda', but PyTorch finds no GPU here; set it to auto or cpu")
        if self.device == "cpu" or not torch.cuda.is_available():
            return torch.device("cpu")
        return torch.device("cuda", ranks.local_rank()) if ranks.world() > 1 else torch.device("cuda")

    def training_device(self) -> "torch.device":
        """`torch_device` in one of `processes` processes, each of which begins the stage anew.

        Raises UserError as `torch_device` does, and if there are fewer GPUs than processes.
        """
        if self.processes > 1 and self.torch_device().type == "cuda":
            import torch

            if self.processes > torch.cuda.device_count():
                raise UserError(
                    f"runtime.processes is {self.processes}, but there are {torch.cuda.device_count()} GPUs; lower it"
                )
        ranks.start(self.processes)
        return self.torch_device()

    def gpu(self) -> "torch.device | None":
        """The GPU of this machine, for stages that can do without one and without PyTorch; None if there is none to use.

        Raises UserError as `torch_device` does.
        """
        if self.backend == "ray" or self.device == "cpu":
            return None
        if self.device == "auto" and not any(Path(driver).exists() for driver in DRIVERS):
            return None
        device = self.torch_device()
        return device if device.type == "cuda" else None


def map(
    function: Callable[[A], B], items: Iterable[A], total: int, r: Runtime, desc: str, unit: str = "clip",
    threads: bool = False,
) -> Iterator[B]:  # fmt: skip
    """Yield `function(item)` for each item, in order, from `r.workers` processes with one BLAS thread each.

    Unpinned BLAS threads made two workers slower than one. Results are taken as they are needed, so memory stays flat.
    threads: workers are threads of this process, where a GPU does the work and all share it.
    """
    workers = r.workers or os.cpu_count() or 1
    if r.backend == "loky" and (workers == 1 or total <= 2 * workers):
        with threadpool_limits(1):
            yield from progress.bar((function(item) for item in items), desc, total, unit)
        return
    yield from progress.bar(each(function, items, r, r.workers, threads), desc, total, unit)


def each(
    function: Callable[[A], B],
    items: Iterable[A],
    r: Runtime,
    workers: int | None,
    threads: bool = False,
    gpus: int = 0,
) -> Iterator[B]:
    """Yield `function(item)` for each item, in order, from `workers` of `r.backend` (None: one per core).

    gpus: that each worker of a cluster needs. Raises UserError if there is no such cluster, if no worker can start, or
    if one is killed.
    """
    import joblib  # a tenth of a second, which stages that map nothing need not wait for

    here = partial(_here, Path.cwd(), function)  # a worker may still stand in the folder it served before
    if r.backend == "ray":
        return by_ray.each(here, items, r.address, workers, gpus)
    if not threads and "loky" not in joblib.parallel.BACKENDS:  # it makes semaphores as it is imported
        raise UserError(NO_WORKERS)
    os.environ.update(kept_memory.VARIABLES | os.environ)
    with (
        joblib.parallel_config(backend="threading")
        if threads
        else joblib.parallel_config("loky", inner_max_num_threads=1, initializer=_begin, initargs=(os.getpid(),))
    ):
        n, over = workers or os.cpu_count() or 1, threading.Event()
        parallel = joblib.Parallel(n_jobs=n, return_as="generator")
        wanted = itertools.takewhile(lambda _: not over.is_set(), items)
        try:
            with ending.interrupts(held=not threads):  # workers start here
                results = parallel(joblib.delayed(function if threads else here)(item) for item in wanted)
        except OSError as error:
            if error.errno not in FULL or error.filename:
                raise
            raise UserError(NO_WORKERS) from None
        return _results(results, over, n)


def _results(results: Iterator[B], over: threading.Event, n: int) -> Iterator[B]:
    """The results of `n` workers. Raises UserError if one of them is killed.

    If the caller wants no more, `over` stops new tasks, and those under way come to their end: joblib would kill its workers,
    warn, and at times hang.
    """
    try:
        for result in results:  # noqa: UP028 (yield from would close the generator of joblib)
            yield result
    except BrokenProcessPool:
        raise UserError(
            f"one of {n} worker processes was killed, perhaps because memory ran out; use fewer workers "
            "(runtime.workers, or `workers` of a search) and run the command again"
        ) from None
    finally:
        over.set()
        with contextlib.suppress(BaseException):  # nobody waits for these results
            deque(results, maxlen=0)


def _begin(process: int) -> None:
    """What a worker that `process` started does first."""
    orphans.end_with(process)
    ending.interrupt_between_imports()


def _here(folder: Path, function: Callable[[A], B], item: A) -> B:
    os.chdir(folder)
    with ending.interrupts(held=False):
        return function(item)
