"""How a stage script starts and ends."""

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dalsegno.pipeline import check, environment, files, params, progress
from dalsegno.pipeline.cluster import ending, orphans, ranks
from dalsegno.pipeline.errors import FULL, UserError, abridged, of_file
from dalsegno.pipeline.lineage import edited, leftovers
from dalsegno.pipeline.refusals import Refused


def run(main: Callable[..., None]) -> None:
    """Call a stage's `main` with the words of the command line.

    A UserError ends it with exit code 1; Ctrl-C, and whatever else interrupts it, with ending.INTERRUPTED. No traceback.
    """
    alone = sys.orig_argv[-len(sys.argv) :] == sys.argv  # the process was started for this stage alone
    if alone:
        ending.interrupt_between_imports()
        if ranks.world() > 1:
            orphans.end_with(os.getppid())  # torchrun, without which they would train on, beside those of the next run
        gc.freeze()  # what is imported stays to the end, and collecting garbage there takes a fifth of a short stage
    try:
        message = _run(main)
        code = 1 if message else 0
    except KeyboardInterrupt:
        message, code = "" if ranks.world() > 1 else ending.STOPPED, ending.INTERRUPTED  # torchrun says it for all
    if message:
        if ranks.rank():
            time.sleep(1.0)  # meanwhile torchrun ends it if the first process says the same
        print(f"\n{Path(sys.argv[0]).stem}: {message}", file=sys.stderr)
    if alone:
        ending.end(code)
    if code:
        sys.exit(code)


def _run(main: Callable[..., None]) -> str:
    """Call `main`; returns what went wrong, empty if nothing did.

    A stage that refuses its own section also lists the problems of all others, so that they can be mended in one go.
    """
    try:
        with _watched(os.environ.get("DVC_STAGE", "")):  # DVC sets it
            if differences := environment.differences():
                progress.say(f"installed at another version than {environment.FILE} has: {', '.join(differences)}")
            main(*sys.argv[1:])
    except Refused as error:
        others = [p for p in check.problems(Path(sys.argv[0]).parent) if p not in error.problems]
        return str(Refused(error.problems + others))
    except UserError as error:
        return str(error)
    except OSError as error:
        if error.filename is None and error.errno not in FULL:
            raise
        remedy = FULL.get(error.errno or 0, "Put that right")
        return f"{of_file(error, 'a file')}; nothing half-written stays. {remedy}, then `dvc repro` goes on with this stage"
    except RuntimeError as error:
        if type(error).__name__ != "OutOfMemoryError":  # PyTorch's, of a GPU; most stages do without PyTorch
            raise
        return f"{error}\nThe GPU does not have enough memory: end what else uses it, or set runtime.device to cpu"
    return ""


@contextmanager
def _watched(address: str) -> Iterator[None]:
    """Say which of all stages this one is, remove leftovers, and run it. Nothing of that outside DVC, where `address` is empty.

    Raises UserError at the end if inputs of the stage were edited meanwhile.
    """
    if not address:
        yield
        return
    file, _, name = address.rpartition(":")  # search/dvc.yaml:search@small; one of dvc.yaml itself has its name alone
    _, entry, key = name.partition("@")
    if entry and not check.KEY.fullmatch(key):
        raise Refused([])  # `my svm` would be two words of the command; `check` tells it with all other problems
    stages, entries = environment.read(file or "dvc.yaml").get("stages", {}), params.document()
    if place := progress.place(address, stages, entries):  # those that are up to date, DVC skips
        progress.say(place)
    lock = Path("dvc.lock").read_text(encoding="utf-8") if Path("dvc.lock").is_file() else ""
    for out in leftovers.leftovers(address, stages, entries, lock):
        files.remove(Path(out))
        progress.say(f"{out}: removed, as params.yaml no longer has this entry")
    inputs = edited.inputs(name, stages, entries)
    before = edited.state(inputs, entries)
    yield
    if changed := edited.edited(before, edited.state(inputs, params.document())):
        raise UserError(
            f"edited while this stage ran: {', '.join(abridged(changed, 5))}. Its results are those of the former state, and DVC "
            "would keep them as those of the present one. Run `dvc repro` again; or, to keep them, undo the edit and run "
            f"`dvc commit -f {address}`"
        )
