"""What the workers of a cluster are given to do in tests. Workers import this module by its name."""

import os
import signal
import time
from pathlib import Path

from dalsegno.pipeline.errors import UserError


def square(n):
    """The square, the working directory, and the process."""
    return n * n, str(Path.cwd()), os.getpid()


def slow(n):
    time.sleep(0.5)
    return n * n


def alone(n):
    """Raises FileExistsError if another worker is at work."""
    with Path("at_work").open("x"):
        time.sleep(0.2)
    Path("at_work").unlink()


def dies_once(n):
    """The first worker to get number 3 is killed at it."""
    mark = Path("died")
    if n == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return n * n


def dies_always(n):
    os.kill(os.getpid(), signal.SIGKILL)


def refuses(n):
    raise UserError(f"clip {n} cannot be read")


if __name__ == "__main__":  # the head of a cluster dies under a run
    from ray.cluster_utils import Cluster
    from support import cluster_work  # the workers know the module by this name

    from dalsegno.pipeline import runtime

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.add_node(num_cpus=1)
    r = runtime.Runtime(backend="ray", address=cluster.address)
    try:
        for i, _ in enumerate(runtime.map(cluster_work.slow, range(400), 400, r, "test")):
            if i == 2:
                cluster.head_node.kill_all_processes(check_alive=False, allow_graceful=False)
    except UserError as error:
        print(error, flush=True)
        os._exit(3)  # the other node of this cluster is told nothing
