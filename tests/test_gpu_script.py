"""bench/gpu.sh with a stand-in for Python: which parts run, what it says of those that do not, and what it leaves."""

import os
import signal
import subprocess
import time
from functools import partial
from pathlib import Path

SCRIPT = Path("bench/gpu.sh").resolve()
STAND_IN = """#!/bin/sh
echo "$@" >> {log}
case "$*" in
  *machine.py*) echo "## stand-in";;
  "-c import typst") exit 1;;
  *"{failing}"*) exit 1;;
  *.py*) echo done;;
esac
"""


def ran(tmp_path, failing="nothing", **env):
    """What bench/gpu.sh prints if a stand-in for Python, below a path with blanks, does the work; the commands it got; exit code."""
    folder = tmp_path / "a folder with blanks"
    python, log, scratch = folder / "python", tmp_path / "log", folder / "scratch"
    scratch.mkdir(parents=True)
    python.write_text(STAND_IN.format(log=log, failing=failing))
    python.chmod(0o755)
    env = os.environ | {"PYTHON": str(python), "TMPDIR": str(scratch)} | env
    done = subprocess.run(["bash", SCRIPT], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert list(scratch.iterdir()) == []
    return done.stdout, log.read_text().splitlines() if log.exists() else [], done.returncode


def test_the_script_runs_every_part_and_leaves_nothing(tmp_path):
    out, commands, code = ran(tmp_path)
    assert code == 0 and "failed" not in out and "Small sizes" not in out and out.count("\n### ") == 10
    goals = [line.split("stages.py ")[1].split()[0] for line in commands if "stages.py" in line]
    assert goals == ["0", "300", "60", "0", "0", "0"]


def test_a_part_that_fails_is_named_and_what_needs_it_is_not_run(tmp_path):
    out, commands, code = ran(tmp_path, failing="stages.py 300", SMALL="1")
    assert code == 0 and out.count("Part of it failed; the log says why.") == 1
    assert "learning rate\n\nNot run: the rehearsal is not complete.\n" in out
    assert "Small sizes" in out and "### A search of 2 trials" in out
    assert not [line for line in commands if "--lr" in line]


def test_parts_are_chosen_and_a_word_that_is_none_is_refused(tmp_path):
    assert ran(tmp_path / "a", PARTS="steps spectra")[0].count("\n### ") == 2
    out, commands, code = ran(tmp_path / "b", PARTS="steps spectre")
    assert (commands, code) == ([], 1) and out.startswith("PARTS: there is no part spectre; there are default")


def test_no_part_begins_when_the_time_is_up(tmp_path):
    out = ran(tmp_path, LIMIT_S="5", PARTS="default rehearsal")[0]
    assert out.count("Not run: ") == 3 and "of 5 s had gone." in out


def test_ctrl_c_ends_the_part_that_is_running_and_leaves_nothing(tmp_path):
    python, marks, scratch = tmp_path / "python", tmp_path / "marks", tmp_path / "scratch"
    for folder in (marks, scratch):
        folder.mkdir()
    python.write_text(f"#!/bin/sh\ncase $* in *loader.py*) echo $$ > {marks}/pid; exec sleep 60;; esac\n")
    python.chmod(0o755)
    env = os.environ | {"PYTHON": str(python), "TMPDIR": str(scratch), "PARTS": "steps"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    heeded = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a job in the background is started to ignore it
    with subprocess.Popen(["bash", SCRIPT], env=env, preexec_fn=heeded, **quiet) as run:
        while not list(marks.iterdir()):
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=30) == 130
    assert list(scratch.iterdir()) == [] and not Path("/proc", (marks / "pid").read_text().strip()).exists()
