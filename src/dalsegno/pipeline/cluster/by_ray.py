"""Work that Ray hands out to a cluster. The machines share a file system: each has the repository and the data at one path.

A task whose worker or machine dies is given to another one. Results come in the order of the items, and no more of them
are under way than the cluster has use for, so that memory stays flat.
"""

import importlib
import os
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from dalsegno.pipeline.cluster import kept_memory
from dalsegno.pipeline.errors import UserError

A = TypeVar("A")
B = TypeVar("B")
ANSWER_S = 5.0  # how long the head of a cluster may take to answer
RETRIES = 5  # of a task whose worker dies
SETTINGS = b"\x04"  # the kind of the frame with which either side of HTTP/2, and so of gRPC, begins
HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0" + SETTINGS + bytes(5)


def each(
    function: Callable[[A], B], items: Iterable[A], address: str | None, workers: int | None, gpus: int = 0
) -> Iterator[B]:
    """Yield `function(item)` for each item, in order, from up to `workers` tasks at a time, with `gpus` each.

    workers: None for one per core. address: host:port of the cluster's head; None: Ray on this machine alone. Raises
    UserError if Ray is not installed, if the head does not answer, or dies, and if one item ends every worker that it is
    given to.
    """
    ray = _connected(address)
    head = ray.get_runtime_context().gcs_address
    task = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=RETRIES)(_call)
    shared, coming = ray.put(function), iter(items)
    n = workers or 2 * int(ray.cluster_resources().get("CPU", 1))
    under_way = deque(task.remote(shared, item) for item in islice(coming, n))
    while under_way:
        result = _result(ray, under_way.popleft(), head)
        under_way.extend(task.remote(shared, item) for item in islice(coming, 1))
        yield result


def _call(function: Callable[[A], B], item: A) -> B:
    return function(item)


def _result(ray: Any, reference: Any, head: str) -> Any:
    """What a task returns, or the error that it raises, once it has come to its end."""
    try:
        while not ray.wait([reference], timeout=ANSWER_S)[0]:
            _check(head)
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayError as error:
        _check(head)
        raise UserError(
            f"the Ray cluster gave up on a task after {RETRIES} tries: {str(error).splitlines()[0]}"
        ) from None


def _connected(address: str | None) -> Any:
    """The module ray, connected to a cluster; its workers find our package, use one thread each, and keep memory."""
    try:
        ray = importlib.import_module("ray")  # an extra that nothing else needs
    except ImportError:
        raise UserError(
            "runtime.backend is ray, but the package ray is not installed: pip install 'dalsegno[cluster]', or set it to loky"
        ) from None
    if ray.is_initialized():
        return ray
    if address:
        _check(address)
    paths = [str(Path("src").resolve()), os.environ.get("PYTHONPATH", "")]
    env = kept_memory.VARIABLES | {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "OMP_NUM_THREADS": "1"}
    try:
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "runtime_env": {"env_vars": env}}
        ray.init(address or "local", include_dashboard=None if address else False, **options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise UserError(
            f"runtime.address: no Ray cluster at {address}: {str(error).splitlines()[0]}. If `ray start --head` said that it asks "
            "for a token, its ~/.ray/auth_token must be here as well, and RAY_AUTH_MODE=token in the environment"
        ) from None
    return ray


def _check(address: str) -> None:
    """Raise UserError if nothing answers at host:port, or what is not gRPC, which Ray would ask again for minutes."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=ANSWER_S) as head:
            head.sendall(HELLO)
            if head.recv(9)[3:4] != SETTINGS:
                raise OSError("what answers is not Ray")
    except (OSError, ValueError) as error:
        raise UserError(
            f"runtime.address: the head of the Ray cluster at {address} does not answer ({error}). What had been finished "
            "stays; start it (ray start --head), or set runtime.backend to loky, and run the command again"
        ) from None
