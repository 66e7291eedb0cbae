"""dalsegno: a reproducible DVC workflow for music audio classification."""

import gc
import os
import signal
import sys

gc.set_threshold(100_000)  # at 700 objects it starts hundreds of times while PyTorch is imported, a tenth of that time
is_stage = (
    sys.argv[0].startswith("stages/") and sys.argv[0] in sys.orig_argv
)  # a worker has the argv of its stage alone
if is_stage and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(
        signal.SIGINT, lambda *_: os._exit(130)
    )  # Ctrl-C, until `stage.run`: what imports has nothing to tidy up
