"""How a process of ours ends after Ctrl-C, and after the use of PyTorch."""

import _thread
import atexit
import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130  # the exit code after Ctrl-C, as shells have it
IMPORT, AGAIN_S = "<frozen importlib._bootstrap>", 0.05


def interrupt_between_imports() -> None:
    """Let Ctrl-C wait for the end of an import, in which C++ makes an ImportError of it, or aborts."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # a job in the background is started to ignore it
        signal.signal(signal.SIGINT, _interrupt)


def _interrupt(_: int, frame: FrameType | None) -> None:
    inner = frame
    while inner and inner.f_code.co_filename != IMPORT:
        inner = inner.f_back
    if inner is None:
        raise KeyboardInterrupt
    later = threading.Timer(AGAIN_S, _again)
    later.daemon = True
    later.start()


def _again() -> None:
    if hasattr(signal, "pthread_kill"):  # a signal wakes the main thread; Windows wakes it by itself
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()


def end(code: int) -> NoReturn:
    """End the process as Python does, but without unloading libraries.

    Unloading PyTorch takes a second and reads 110 MiB, and Triton, which comes with it, prints pages about what it leaked.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # ends it at once, without a traceback
    threading._shutdown()  # pyright: ignore[reportAttributeAccessIssue]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream:  # there is none where a shell closed it
            stream.flush()
    os._exit(code)
