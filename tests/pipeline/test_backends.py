"""Where work runs, as far as it can be tried without a cluster."""

import subprocess
import sys

import pytest
from support import cluster_work

from dalsegno.pipeline import runtime
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.runtime import Runtime


def test_a_cluster_without_ray_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"pip install 'dalsegno\[cluster\]'"):
        list(runtime.map(abs, [1], 1, Runtime(backend="ray"), "test"))


def test_threads_give_the_same_in_the_same_order():
    r = Runtime(workers=2)
    assert list(runtime.map(abs, range(-20, 0), 20, r, "test", threads=True)) == list(range(20, 0, -1))


def test_a_worker_that_is_killed_ends_in_words(tmp_path, monkeypatch):
    """As the system does where memory runs out; what the other workers had begun is not waited for."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"one of 2 worker processes was killed, perhaps .*runtime\.workers"):
        list(runtime.map(cluster_work.dies_once, range(20), 20, Runtime(workers=2), "test"))
    assert list(runtime.map(cluster_work.dies_once, range(20), 20, Runtime(workers=2), "test")) == [
        n * n for n in range(20)
    ]


def test_workers_end_with_their_killed_main_process_and_do_not_keep_its_output_open():
    """joblib alone lets them wait for more work, five minutes long."""
    code = (
        "import time\n"
        "from dalsegno.pipeline import runtime\n"
        "for n, _ in enumerate(runtime.each(time.sleep, iter([0.2] * 10_000), runtime.Runtime(workers=2), 2)):\n"
        "    print(n, flush=True)\n"
        "    time.sleep(60 if n else 5)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert [process.stdout.readline() for _ in range(2)] == ["0\n", "1\n"]  # both workers have work by then
    process.kill()
    assert process.communicate(timeout=60) == ("", None)


@pytest.mark.skipif(sys.platform == "win32", reason="workers start in another way")
def test_a_worker_that_starts_as_its_main_process_is_killed_ends_too():
    """It gets no work, and joblib's lock, which the main process held, kept it for ever."""
    code = (
        "import os, time\n"
        "from joblib.externals.loky.backend import popen_loky_posix\n"
        "from dalsegno.pipeline import runtime\n"
        "launch = popen_loky_posix.Popen._launch\n"
        "def killed(*words):\n"
        "    launch(*words)\n"
        "    os.kill(os.getpid(), 9)\n"
        "popen_loky_posix.Popen._launch = killed\n"
        "list(runtime.each(abs, iter(range(9)), runtime.Runtime(workers=2), 2))\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (-9, "")


def test_a_map_that_ends_early_says_nothing_and_the_next_one_works():
    """joblib warns of results that nobody took, kills its workers, whose manager may then hang, and prints its own errors."""
    code = (
        "from dalsegno.pipeline import runtime\n"
        "r = runtime.Runtime(workers=2)\n"
        "first = next(iter(runtime.each(abs, iter(range(10_000)), r, 2)))\n"
        "print(first, sum(runtime.each(abs, range(100), r, 2)))\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "0 4950\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="tells how the C library of Linux keeps memory")
@pytest.mark.parametrize("backend", ["loky", "ray"])
def test_a_worker_keeps_the_memory_of_arrays_between_clips(backend):
    """Else the kernel fills 8,000 pages of 4 kB for each of these items anew."""
    code = (
        "import resource\nimport numpy as np\nfrom dalsegno.pipeline import runtime\n\n"
        "def faults(i):\n"
        "    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "    arrays = [np.ones(1 << 23, np.uint8) for _ in range(4)]\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before\n\n"
        f"r = runtime.Runtime(workers=2, backend={backend!r})\n"
        "print(sorted(runtime.each(faults, range(40), r, 2))[20])\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert int(ended.stdout) < 500, ended.stderr
