"""dalsegno: a reproducible DVC workflow for music audio classification."""

import gc
import os
import signal
import sys

gc.set_threshold(100_000)  # at 700 objects it starts hundreds of times while PyTorch is imported, a tenth of that time
if "".join(sys.orig_argv[1:2]).startswith("stages/") and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
    # What a stage imports has nothing to tidy up, and C++ aborts if it is interrupted there: Ctrl-C ends it, until `stage.run`.
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
