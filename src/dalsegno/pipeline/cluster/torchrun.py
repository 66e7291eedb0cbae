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
    stage = Path(words[0]).stem
    try:
        code = _code(n, words)
    except KeyboardInterrupt:  # before torchrun heeds signals, as PyTorch is imported for seconds
        code = ending.INTERRUPTED
    if code == ending.INTERRUPTED:  # of which a process among several says nothing
        print(f"\n{stage}: {ending.STOPPED}", file=sys.stderr)
    elif code < 0:
        print(
            f"\n{stage}: one of {n} processes that train together was killed ({signal.Signals(-code).name}), perhaps because "
            "memory ran out; lower runtime.processes or train.batch_size, or free memory; then `dvc repro` begins this stage anew",
            file=sys.stderr,
        )
    return max(code, 1) if code else 0


def _code(n: str, words: tuple[str, ...]) -> int:
    """The exit code of the first process that failed, less than 0 if a signal ended it; 0 if none did."""
    from torch.distributed import run
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    logging.disable()  # of what it sends to which process
    try:
        run.main(["--standalone", "--nproc-per-node", n, *words])
    except SignalException:
        return ending.INTERRUPTED
    except ChildFailedError as error:
        return error.get_first_failure()[1].exitcode
    return 0


if __name__ == "__main__":
    ending.interrupt_between_imports()
    sys.exit(main(*sys.argv[1:]))
