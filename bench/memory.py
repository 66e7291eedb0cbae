"""Peak memory of a stage and its workers on 100 and on 300 clips of 30 s: it must not grow with their number.

    python bench/memory.py stages/features.py "{root} {clips} none {out}"
    python bench/memory.py stages/spectrograms.py "{root} {clips} {out} logmel"

{root} is a folder of generated clips, {clips} a manifest of them, {out} a path to write to. Linux only.
"""

import hashlib
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import soundfile
from clips import RATE_HZ, make

from dalsegno import manifest


def main(script, arguments, *counts):
    """Run the stage once for each count of clips; print the largest sum of resident memory over its processes."""
    for n in [int(c) for c in counts] or [100, 300]:
        with TemporaryDirectory() as tmp:
            root = Path(tmp, "audio")
            root.mkdir()
            listed(make(root, n), Path(tmp, "clips.csv"))
            words = arguments.format(root=root, clips=Path(tmp, "clips.csv"), out=Path(tmp, "out")).split()
            start = time.perf_counter()
            log = Path(tmp, "log")
            stage = subprocess.Popen([sys.executable, script, *words], stderr=log.open("w"))
            peak = 0
            while stage.poll() is None:
                peak = max(peak, resident(stage.pid))
                time.sleep(0.05)
            print(
                f"{script}, {n} clips: exit {stage.returncode}, peak {peak / 2**20:.0f} MiB, {time.perf_counter() - start:.0f} s"
            )
            if stage.returncode:
                sys.exit(log.read_text())


def listed(paths, clips_csv):
    """Write a manifest of `paths`."""
    rows = [
        dict(clip_id=p.stem, path=p.name, label="a" if i % 2 else "b", group="", split="", excluded="",
             duration_s=soundfile.info(p).duration, sample_rate_hz=RATE_HZ, channels=1,
             sha256=hashlib.sha256(p.read_bytes()).hexdigest())
        for i, p in enumerate(paths)
    ]  # fmt: skip
    manifest.write(clips_csv, pd.DataFrame(rows))


def resident(pid):
    """Bytes of memory of a process and its descendants; pages that they share are counted once, as shares (PSS)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        children = [c for t in Path(f"/proc/{pid}/task").iterdir() for c in (t / "children").read_text().split()]
    except OSError:  # it has just ended
        return 0
    own = next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
    return own + sum(resident(int(c)) for c in children)


if __name__ == "__main__":
    main(*sys.argv[1:])
