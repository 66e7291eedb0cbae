"""Peak memory of every stage on 200 and on 1,000 clips of 30 s: below 2 GB, and it must not grow with their number.

    python bench/memory.py [N_CLIPS …]

Runs the whole pipeline with `dvc repro` in a copy of the repository, as params.yaml stands but for a hold-out split and one
epoch of training, on generated clips of ten classes. Memory is that of a stage's process and its workers together; pages
that they share are counted once. Linux only. Takes a quarter of an hour on two cores.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from clips import make

from dalsegno.pipeline import params

HERE = Path(__file__).parents[1]
WHO = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
ONLY_HERE = shutil.ignore_patterns(".git", ".venv", "cache", "tmp", "data", "runs", "reports", "dvc.lock", "weights")


def main(*counts):
    """Print the peak of each stage, a column for each count of clips."""
    peaks = {n: measure(n) for n in [int(c) for c in counts] or [200, 1000]}
    print(f"{'MiB':<24}" + "".join(f"{f'{n} clips':>14}" for n in peaks))
    for stage in dict.fromkeys(s for found in peaks.values() for s in found):
        print(f"{stage:<24}" + "".join(f"{found.get(stage, 0) / 2**20:>14.0f}" for found in peaks.values()))


def measure(n):
    """Peak bytes of each stage on `n` clips."""
    with TemporaryDirectory() as tmp:
        repo, audio = Path(tmp, "repo"), Path(tmp, "audio")
        shutil.copytree(HERE, repo, ignore=ONLY_HERE)
        for k in range(10):
            Path(audio, f"class{k}").mkdir(parents=True)
        for i, path in enumerate(make(audio, n)):
            path.rename(audio / f"class{i % 10}" / path.name)
        shrink(repo / "params.yaml", audio)
        env = os.environ | {"PYTHONPATH": str(repo / "src")}
        for words in (
            ["init", "-q"],
            ["add", "dvc.yaml"],
            [*WHO, "commit", "-q", "-m", "start"],
        ):  # DVCLive wants a commit
            subprocess.run(["git", *words], cwd=repo, check=True)
        return watch(subprocess.Popen(["dvc", "repro"], cwd=repo, env=env, stdout=sys.stderr))


def shrink(path, audio):
    """Point params.yaml to the clips, with one fold and one epoch."""
    p = params.document(path)
    p["dataset"]["root"] = str(audio)
    p["splits"] |= {"protocol": "holdout", "folds": None, "repeats": None}
    for family in ("mlp", "cnn", "pretrain", "transfer"):
        for entry in p[family].values():
            entry["train"] |= {"epochs": 1, "lr": 1e-3}
    path.write_text(yaml.safe_dump(p, sort_keys=False))


def watch(repro):
    """Peak bytes of each stage script that `dvc repro` starts, until it ends."""
    peaks = {}
    while repro.poll() is None:
        for pid in descendants(repro.pid):
            words = words_of(pid)
            if words[1:] and words[1].startswith("stages/"):
                stage = Path(words[1]).stem + (f"@{words[2]}" if "/" not in words[2] else "")
                peaks[stage] = max(peaks.get(stage, 0), resident(pid) + sum(map(resident, descendants(pid))))
        time.sleep(0.5)
    if repro.returncode:
        sys.exit(f"dvc repro ended with {repro.returncode}")
    return peaks


def descendants(pid):
    """Processes that `pid` has started, and those that they have."""
    try:
        own = [int(c) for t in Path(f"/proc/{pid}/task").iterdir() for c in (t / "children").read_text().split()]
    except OSError:  # it has just ended
        return []
    return own + [c for child in own for c in descendants(child)]


def words_of(pid):
    """The command line of a process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def resident(pid):
    """Bytes of memory of a process; what it shares with others counts in parts (PSS)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
