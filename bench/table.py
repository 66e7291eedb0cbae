"""The benchmarks at small sizes, one after the other, as one table: `make bench`. History is in bench/results.md.

python bench/table.py [NAME …]
"""

import datetime
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

SHORT = {  # words for each script; those that need a finished run, or a quarter of an hour, are left out
    "compare": [],
    "doctor": ["40", "400"],
    "features": [],
    "spectrograms": [],
    "loader": ["--seconds", "2"],
    "transfer": ["squeezenet1_1", "2"],
    "search": ["4", "300", "50", "5"],
    "scale": ["40", "120", "10"],
}


def lines(name):
    """What a benchmark prints, without what only makes tables of it; its last error if it fails."""
    command = [sys.executable, str(Path(__file__).with_name(f"{name}.py")), *SHORT[name]]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return [f"failed: {done.stderr.strip().splitlines()[-1]}"]
    rows = [line.strip() for line in done.stdout.splitlines() if line.strip() and not line.startswith("| ---")]
    return [row.strip("| ").replace("|", ";") for row in rows]


def main(*names):
    """Print the table; exits with 1 if a benchmark fails."""
    began, failed = time.perf_counter(), False
    machine = f"{os.cpu_count()} cores ({platform.machine()}), load {os.getloadavg()[0]:.1f} at the start"
    print(
        f"{datetime.date.today()}, {machine}, Python {platform.python_version()}\n\n| benchmark | result |\n| --- | --- |"
    )
    for name in names or SHORT:
        for line in lines(name):
            failed |= line.startswith("failed:")
            print(f"| {name} | {line} |", flush=True)
    print(f"\n{time.perf_counter() - began:.0f} s in all")
    sys.exit(failed)


if __name__ == "__main__":
    main(*sys.argv[1:])
