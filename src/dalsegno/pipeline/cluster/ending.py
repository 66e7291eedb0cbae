"""How a process of ours ends, whether it is interrupted or not."""

import _thread
import atexit
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from dalsegno.pipeline.cluster import ranks

INTERRUPTED = 130  # the exit code after Ctrl-C, as shells have it
STOPPED = "interrupted; `dvc repro` goes on with this stage"
IMPORT, AGAIN_S = "<frozen importlib._bootstrap>", 0.05
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Of Ctrl-C, `kill` or a batch system, and a terminal that is closed, which Windows lacks."""


def interrupt_between_imports() -> None:
    """Let each of SIGNALS raise KeyboardInterrupt, so that drafts are removed, and wait for the end of an import or `__del__`.

    Within an import, C++ makes an ImportError of it, or aborts; within `__del__`, Python prints it and goes on. torchrun, which
    starts `ranks`, has a way of its own with them.
    """
    for number in SIGNALS if ranks.world() == 1 else SIGNALS[:1]:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as in the background, or below nohup
            signal.signal(number, _interrupt)


@contextmanager
def interrupts(held: bool) -> Iterator[None]:
    """Hold SIGNALS back within, or let them through, for this thread and for the processes and threads that it starts.

    A worker that Ctrl-C meets before or between its tasks prints a traceback. Windows has no such thing.
    """
    if sys.platform == "win32":
        yield
        return
    if held:
        from multiprocessing import resource_tracker  # not on Windows

        resource_tracker.ensure_running()  # joblib starts this process of Python's else, which lets them through as it does so
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK if held else signal.SIG_UNBLOCK, SIGNALS)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    inner = frame
    while inner and inner.f_code.co_filename != IMPORT and inner.f_code.co_name != "__del__":
        inner = inner.f_back
    if inner is None:
        raise KeyboardInterrupt
    later = threading.Timer(AGAIN_S, _again, [number])
    later.daemon = True
    later.start()


def _again(number: int) -> None:
    if hasattr(signal, "pthread_kill"):  # a signal wakes the main thread; Windows wakes it by itself
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        _thread.interrupt_main(signal.Signals(number))


def end(code: int) -> NoReturn:
    """End the process as Python does, but without unloading libraries, and without a traceback if it is interrupted meanwhile.

    Unloading PyTorch takes a second and reads 110 MiB, and Triton, which comes with it, prints pages about what it leaked.
    """
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            if signal.getsignal(number) is _interrupt:
                signal.signal(number, signal.SIG_DFL)  # ends it at once
    threading._shutdown()  # pyright: ignore[reportAttributeAccessIssue]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream:  # there is none where a shell closed it
            stream.flush()
    os._exit(code)
