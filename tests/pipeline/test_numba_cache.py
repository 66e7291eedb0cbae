"""Numba's cache is filled by one process at a time, and a home that cannot be written costs the cache alone."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest


def python(code: str, **environ: str) -> subprocess.Popen[str]:
    """A process with a new environment that runs `code`."""
    kept = {name: value for name, value in os.environ.items() if "NUMBA" not in name}
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=kept | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_do_not_fill_the_cache_at_once(tmp_path):
    """Each writes a file while it is alone, and would see that of the other: numba's cache was torn in this way."""
    code = f"""
        import time
        from pathlib import Path
        from dalsegno.pipeline.cluster import numba_cache
        with numba_cache.locked("librosa"):
            busy = Path({str(tmp_path)!r}, "busy")
            busy.touch(exist_ok=False)
            time.sleep(0.3)
            busy.unlink()
    """
    processes = [python(code, HOME=str(tmp_path)) for _ in range(3)]
    assert [process.communicate()[1] for process in processes if process.wait()] == []


def test_workers_read_the_cache_without_waiting_for_each_other(tmp_path):
    code = """
        import os, subprocess, sys
        from dalsegno.pipeline.cluster import numba_cache
        with numba_cache.locked("librosa"):
            pass
        inner = "from dalsegno.pipeline.cluster import numba_cache as n; c = n.locked('librosa'); c.__enter__(); print(n.os.environ[n.VARIABLE])"
        with numba_cache.FileLock(os.environ[numba_cache.VARIABLE] + "/lock"):
            print(subprocess.run([sys.executable, "-c", inner], capture_output=True, text=True, timeout=60).stdout)
    """
    assert Path(python(code, HOME=str(tmp_path)).communicate()[0].strip()) == tmp_path / ".cache/dalsegno/numba"


@pytest.mark.parametrize("home", ["a file", "read only", "not there"])
def test_a_home_that_cannot_be_written_costs_the_cache_and_not_the_run(tmp_path, home):
    place = {"a file": tmp_path / "file", "read only": Path("/proc"), "not there": Path("/proc/nobody")}[home]
    (tmp_path / "file").touch()
    code = """
        from dalsegno.pipeline.cluster import numba_cache as n
        for part in ("librosa", "more"):
            with n.locked(part):
                pass
        print(n.os.environ[n.VARIABLE])
    """
    out, said = python(code, HOME=str(place), TMPDIR=str(tmp_path)).communicate()
    assert Path(out.strip()).parent == tmp_path and not Path(out.strip()).exists()
    assert said.count("\n") == 1 and "each time" in said and "NUMBA_CACHE_DIR" in said


def test_all_of_librosa_is_imported_while_the_cache_is_locked(tmp_path):
    """What is imported later, by a worker, would be compiled there, by all workers at once."""
    code = """
        import sys
        from pathlib import Path
        import numpy as np, soundfile
        from dalsegno import spectrograms
        from dalsegno.features import compute, registry, statistics
        from dalsegno.pipeline import params
        before = {name for name in sys.modules if name.startswith("librosa")}
        path = Path(sys.argv[1], "noise.wav")
        soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 33075), 22050)
        p = compute.Params(use=list(registry.FEATURES), stats=list(statistics.STATISTICS))
        compute.compute(("noise", path), p)
        for kind in ("logmel", "stft", "phase", "windows", "efficientat", "ast", "musicnn", "waveform"):
            module = params.component("dalsegno.spectrograms", kind)
            list(module.blocks(path, module.Params()))
        print(*sorted({name for name in sys.modules if name.startswith("librosa")} - before))
    """
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(code), str(tmp_path)], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout.strip()) == (0, ""), ran.stderr
