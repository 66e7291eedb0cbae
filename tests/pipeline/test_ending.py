"""How a stage ends that is interrupted, or that the machine refuses room: in words, with nothing half-written left."""

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from dalsegno.pipeline import files, runtime
from dalsegno.pipeline.cluster import ending
from dalsegno.pipeline.errors import UserError

SCRIPT = """
import sys, time
from pathlib import Path
import pandas as pd
from dalsegno.pipeline import files, runtime, stage

def slow(seconds):
    time.sleep(seconds)
    return seconds

def main(what):
    if what == "workers":
        print(len(list(runtime.map(slow, [0.2] * 60, 60, runtime.Runtime(workers=2), "test"))))
    with files.atomic("out") as draft:
        draft.mkdir()
        files.write_text(draft / "text.txt", "a" * 5_000)
        pd.DataFrame({"a": range(5_000)}).to_csv(draft / "table.csv")
        print("written", flush=True)
        if what == "wait":
            time.sleep(60)

stage.run(main)
"""


def started(folder, *words, before=None):
    """The stage of SCRIPT in a session of its own, which heeds signals even where the tests run in the background."""

    def prepare():
        for name in ("SIGINT", "SIGHUP"):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        if before:
            before()

    (folder / "stage.py").write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, "stage.py", *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, preexec_fn=prepare,
    )  # fmt: skip


def left(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != "stage.py")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_stage_that_is_interrupted_leaves_no_draft(tmp_path, name):
    """By Ctrl-C, by a batch system whose time is over, or as its terminal is closed."""
    ran = started(tmp_path, "wait")
    assert ran.stdout.readline() == "written\n"
    ran.send_signal(getattr(signal, name))
    _, err = ran.communicate(timeout=30)
    assert (ran.returncode, err, left(tmp_path)) == (130, f"\nstage: {ending.STOPPED}\n", [])


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_ctrl_c_says_nothing_of_workers_that_have_just_been_started(tmp_path):
    """It meets them in their imports, of which Python would print a traceback."""
    import psutil

    ran = started(tmp_path, "workers")
    while not (
        of := [child.pid for child in psutil.Process(ran.pid).children() if "popen_loky" in " ".join(child.cmdline())]
    ):
        time.sleep(0.01)
    held = int(Path(f"/proc/{of[0]}/status").read_text().partition("SigBlk:")[2].split()[0], 16)
    assert held >> (signal.SIGINT - 1) & 1
    os.killpg(ran.pid, signal.SIGINT)
    _, err = ran.communicate(timeout=30)
    assert ran.returncode == 130 and err.endswith(f"\nstage: {ending.STOPPED}\n")
    assert "Traceback" not in err and "KeyboardInterrupt" not in err


@pytest.mark.parametrize(("limit", "file"), [(1_000, "out/text.txt"), (10_000, "out")])
def test_a_limit_on_the_size_of_files_is_told_with_the_file(tmp_path, limit, file):
    ran = started(tmp_path, "write", before=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit)))
    _, err = ran.communicate(timeout=30)
    assert (ran.returncode, left(tmp_path)) == (1, [])
    assert err == (
        f"\nstage: {file}: File too large; nothing half-written stays. Raise the limit on the size of a file (ulimit -f), "
        "then `dvc repro` goes on with this stage\n"
    )


def test_an_output_that_cannot_be_written_is_told_with_its_name(tmp_path):
    (tmp_path / "data").write_text("a file where a folder belongs")
    (tmp_path / "stage.py").write_text(SCRIPT.replace('"out"', '"data/out"'))
    ran = subprocess.run([sys.executable, "stage.py", "write"], cwd=tmp_path, capture_output=True, text=True)
    told = "data: File exists; nothing half-written stays. Put that right, then `dvc repro` goes on with this stage"
    assert (ran.returncode, ran.stderr) == (1, f"\nstage: {told}\n")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG])
def test_a_full_disk_names_the_file_within_an_output(tmp_path, number):
    with pytest.raises(OSError) as full, files.atomic(tmp_path / "out") as draft:
        draft.mkdir()
        with files.atomic(draft / "in" / "a.csv"):
            raise OSError(number, os.strerror(number))
    assert full.value.filename == str(tmp_path / "out/in/a.csv")


def test_what_else_an_error_says_nothing_about_is_not_taken_for_the_output(tmp_path):
    with pytest.raises(ConnectionError) as lost, files.atomic(tmp_path / "out"):
        raise ConnectionError(errno.ECONNRESET, "Connection reset by peer")
    assert lost.value.filename is None


def test_workers_that_cannot_start_are_told(monkeypatch):
    """joblib asks for semaphores, which lie in /dev/shm, as it is imported and as it starts workers."""
    import joblib

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    call = partial(runtime.each, abs, iter(range(9)), runtime.Runtime(workers=2), 2)
    with monkeypatch.context() as m:
        m.delitem(joblib.parallel.BACKENDS, "loky")
        with pytest.raises(
            UserError, match=r"/dev/shm, .* is full or missing; make room there, or set runtime.workers to 1"
        ):
            call()
    monkeypatch.setattr(joblib.Parallel, "__call__", full)
    with pytest.raises(UserError, match=r"/dev/shm, .* is full or missing"):
        call()
