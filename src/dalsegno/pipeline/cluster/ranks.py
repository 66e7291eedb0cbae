"""Processes that train one network together, a GPU each, as torchrun starts them: RANK and WORLD_SIZE tell them apart."""

import os
import sys


def world() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", 1)) if "RANK" in os.environ else 1


def rank() -> int:
    """The number of this one, from 0. The first alone writes outputs."""
    return int(os.environ["RANK"]) if world() > 1 else 0


def local_rank() -> int:
    """The number of this one among those of its machine: that of its GPU."""
    return int(os.environ.get("LOCAL_RANK", 0)) if world() > 1 else 0


def start(n: int) -> None:
    """Replace this process by `n` with the same command line, started by torchrun, unless it is one of several already."""
    if n > 1 and world() == 1:
        os.execv(sys.executable, [sys.executable, "-m", "dalsegno.pipeline.cluster.torchrun", str(n), *sys.argv])
