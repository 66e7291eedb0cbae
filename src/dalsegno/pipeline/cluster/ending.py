"""How a process of ours ends after Ctrl-C, and after the use of PyTorch."""

import atexit
import os
import sys
import threading
from typing import NoReturn

INTERRUPTED = 130  # the exit code after Ctrl-C, as shells have it


def end(code: int) -> NoReturn:
    """End the process as Python does, but without unloading libraries.

    Unloading PyTorch takes a second and reads 110 MiB, and Triton, which comes with it, prints pages about what it leaked.
    """
    threading._shutdown()  # pyright: ignore[reportAttributeAccessIssue]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream:  # there is none where a shell closed it
            stream.flush()
    os._exit(code)
