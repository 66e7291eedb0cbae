"""Run `dvc repro` and print the seconds of each stage as a table; what the stages say goes to stages.log.

python bench/gpu/stages.py [TARGETS AND OPTIONS OF dvc repro]
"""

import re
import subprocess
import sys
import time
from pathlib import Path

STAGE = re.compile(r"Running stage '([^']+)'")


def seconds(words):
    """Stage → seconds from when it began to when the next one did, the seconds of the whole, and why DVC failed, if it did."""
    began = time.perf_counter()
    starts, last = [("dvc: before the first", began)], []
    command = [sys.executable, "-u", "-m", "dvc", "repro", *words]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run,
        Path("stages.log").open("a", encoding="utf-8") as log,
    ):
        for line in run.stdout or ():
            log.write(line)
            last = [*last[-19:], line]
            if found := STAGE.match(line):
                starts.append((found[1], time.perf_counter()))
    ends = [at for _, at in starts[1:]] + [time.perf_counter()]
    return (
        {name: end - at for (name, at), end in zip(starts, ends, strict=True)},
        ends[-1] - began,
        "".join(last) if run.returncode else "",
    )


def main(*words):
    """Print the table, the longest stage first."""
    each, whole, failure = seconds(words)
    print("| stage | s |\n| --- | --- |")
    for name, took in sorted(each.items(), key=lambda item: -item[1]):
        print(f"| {name} | {took:.1f} |")
    print(f"| **all** | **{whole:.1f}** |")
    if failure:
        sys.exit(f"dvc repro {' '.join(words)} failed:\n{failure}")


if __name__ == "__main__":
    main(*sys.argv[1:])
