"""torchrun, which ends as a stage does: the processes say what went wrong, and it adds no traceback of its own.

python -m dalsegno.pipeline.cluster.torchrun N stages/cnn.py WORD…
"""

import logging
import signal
import sys
from pathlib import Path

from dalsegno.pipeline.cluster import ending


def main(n: str, *words: str) -> int:
    """Start `n` processes with the command line `words`; the exit code once all have ended."""
    from torch.distributed import run
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    logging.disable()  # of what it sends to which process
    stage = Path(words[0]).stem
    try:
        run.main(["--standalone", "--nproc-per-node", n, *words])
        return 0
    except SignalException:
        code = ending.INTERRUPTED
    except ChildFailedError as error:
        code = error.get_first_failure()[1].exitcode
    if code == ending.INTERRUPTED:  # of which a process among several says nothing
        print(f"\n{stage}: {ending.STOPPED}", file=sys.stderr)
        return code
    if code < 0:
        print(
            f"\n{stage}: one of {n} processes that train together was killed ({signal.Signals(-code).name}), perhaps because "
            "memory ran out; lower runtime.processes or train.batch_size, or free memory; then `dvc repro` begins this stage anew",
            file=sys.stderr,
        )
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
