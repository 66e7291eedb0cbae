"""Run `dvc repro` and print a table with the seconds of each stage, as they begin and end; what they print goes to stderr.

python bench/gpu/stages.py GOAL_S [TARGETS AND OPTIONS OF dvc repro]

GOAL_S: all of it is to take less; 0: no goal. A stage that fails stops only those that depend on it.
"""

import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # bench/goals.py
import goals

STAGE = re.compile(r"Running stage '([^']+)'")
FAILED = re.compile(r"ERROR: failed to reproduce '([^']+)'")


def main(goal_s, *words):
    """Print the table and, below it, which stages failed, or the error of DVC itself."""
    print("| stage | s |\n| --- | --- |", flush=True)
    began = since = begun("dvc: before the first")
    error, failed = "", []
    command = [sys.executable, "-u", "-m", "dvc", "repro", "--keep-going", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        for line in run.stdout or ():
            sys.stderr.write(line)
            failed += FAILED.findall(line)
            error = line.strip() if line.startswith("ERROR") else error
            if found := STAGE.match(line):
                ended(since)
                since = begun(found[1])
    ended(since)
    took = time.perf_counter() - began
    print(f"| **all** | {took:.1f} |")
    if run.returncode:
        print(f"\nFailed: {', '.join(failed) or error}.")
        sys.exit(1)
    if goal_s != "0":
        print(f"\nGoal, s: {goals.under(took, float(goal_s))}.")


def begun(name):
    """Begin a row, which tells where time went if this stage never ends; returns the present time."""
    print(f"| {name} |", end="", flush=True)
    return time.perf_counter()


def ended(since):
    """End the row with the seconds since `since`."""
    print(f" {time.perf_counter() - since:.1f} |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
