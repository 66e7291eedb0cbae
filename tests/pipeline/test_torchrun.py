"""A stage in two processes ends in the same words as in one, whatever ends it."""

import logging
import subprocess
import sys

import pytest
from torch.distributed import run
from torch.distributed.elastic.multiprocessing import errors

from dalsegno.pipeline.cluster import ending, torchrun

STAGE = """
import os, signal, sys, time
from dalsegno.pipeline import stage
from dalsegno.pipeline.cluster import ranks
from dalsegno.pipeline.errors import UserError

def main(how):
    ranks.start(2)
    if how == "wrong":
        raise UserError("it is wrong")
    if how == "killed" and ranks.rank() == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "stopped" and ranks.rank() == 0:
        os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(0 if how == "right" else 60)

stage.run(main)
"""
KILLED = "one of 2 processes that train together was killed (SIGKILL), perhaps because memory ran out; lower "


@pytest.mark.parametrize(
    ("how", "code", "said"),
    [
        ("right", 0, ""),
        ("wrong", 1, "it is wrong"),
        ("killed", 1, KILLED),
        ("stopped", ending.INTERRUPTED, ending.STOPPED),
    ],
)
def test_the_words_are_those_of_one_process(tmp_path, how, code, said):
    script = tmp_path / "together.py"
    script.write_text(STAGE)
    ran = subprocess.run([sys.executable, script, how], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    # the first process has a second to end both before the other says it too
    lines = set(ran.stderr.split("\n")) - {""}
    assert ran.returncode == code and len(lines) == bool(said), ran.stderr
    assert all(line.startswith(f"together: {said}") for line in lines)


@pytest.mark.parametrize("alone", [True, False])
def test_what_is_interrupted_before_or_beside_torchrun_is_not_passed_over_in_silence(monkeypatch, capsys, alone):
    """One process alone, or torchrun as it is still being imported."""

    def main(_):
        if not alone:
            raise KeyboardInterrupt
        failure = errors.ProcessFailure(local_rank=1, pid=7, exitcode=ending.INTERRUPTED, error_file="")
        raise errors.ChildFailedError("together", {1: failure})

    monkeypatch.setattr(run, "main", main)
    monkeypatch.setattr(logging, "disable", lambda: None)
    assert torchrun.main("2", "stages/cnn.py") == ending.INTERRUPTED
    assert capsys.readouterr().err == f"\ncnn: {ending.STOPPED}\n"
