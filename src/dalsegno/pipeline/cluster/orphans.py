"""Workers whose main process was killed, by the kernel for lack of memory perhaps.

joblib lets them wait five minutes for more work, and those that were just starting for ever. That long they would keep their
memory, and the output open, so that `dvc repro | tee log` would seem to hang.
"""

import os
import sys
import threading
import time

EVERY_S = 1.0


def end_with(process: int) -> None:
    """End this process within EVERY_S once `process`, which started it, is gone, or at once if it already is; Windows cannot tell."""
    if sys.platform != "win32":
        threading.Thread(target=_follow, args=(process,), daemon=True).start()


def _follow(process: int) -> None:
    while os.getppid() == process:
        time.sleep(EVERY_S)
    os._exit(1)
