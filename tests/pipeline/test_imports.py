"""No stage waits for packages that only a choice nobody made would use: they take a third of a second to two seconds each."""

import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from dalsegno.pipeline.cluster import ending

COMPILER = {"torch._dynamo", "torch._inductor", "triton", "sympy", "torch.utils.flop_counter"}
SEVERAL = {
    "sklearn.ensemble",
    "sklearn.model_selection",
    "sklearn.neighbors",
    "sklearn.svm",
}  # of which a model uses one
HEAVY = {
    "scipy.optimize",
    "scipy.signal",
    "scipy.stats",
    "sklearn",
    "librosa",
    "matplotlib",
    "noisereduce",
    "torchvision",
}
SCIPY = {"scipy.optimize", "scipy.signal", "scipy.stats"}
UNUSED = {
    "classical": HEAVY - {"scipy.optimize", "scipy.stats", "sklearn"} | SEVERAL | {"torch"},
    "clips": HEAVY | {"torch"},
    "cnn": HEAVY | COMPILER | {"scipy", "joblib"},
    "compare": HEAVY | {"torch", "joblib"},
    "corpus": HEAVY | {"torch", "joblib"},
    "embeddings": HEAVY | COMPILER | {"scipy", "joblib", "dvclive"},
    "external": HEAVY | {"torch", "scipy", "joblib"},
    "features": HEAVY - SCIPY - {"librosa"} | {"torch"},
    "final": HEAVY - {"scipy.optimize", "scipy.stats", "sklearn"} | COMPILER | SEVERAL,
    "listen": HEAVY - SCIPY - {"librosa"} | COMPILER,
    "mlp": HEAVY | COMPILER | {"scipy", "joblib"},
    "packaged": HEAVY | COMPILER | {"scipy", "joblib", "pandas"},
    "paper": HEAVY - {"matplotlib"} | {"torch", "scipy", "joblib"},
    "pretrain": HEAVY - SCIPY - {"librosa"} | COMPILER,
    "protocols": HEAVY - {"scipy.optimize", "scipy.stats", "sklearn"} | SEVERAL | {"torch"},
    "report": HEAVY | {"torch", "scipy", "joblib"},
    "search": {"matplotlib", "noisereduce", "torchvision"} | COMPILER,
    "spectrograms": HEAVY - SCIPY - {"librosa"} | {"torch"},
    "splits": HEAVY | {"torch", "joblib"},
    "submissions": HEAVY | {"torch", "scipy", "joblib"},
    "transfer": HEAVY | COMPILER | {"scipy", "joblib"},
}


def test_every_stage_is_here():
    assert list(UNUSED) == sorted(script.stem for script in Path("stages").glob("*.py"))


@pytest.mark.parametrize("name", UNUSED)
def test_a_stage_imports_what_it_uses(name):
    code = f"import sys\nsys.path.insert(0, 'stages')\nimport {name}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not UNUSED[name] & set(done.stdout.split())


def test_a_skeleton_is_written_without_what_computes_features():
    code = "import sys, dalsegno.cli.making.new; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and not HEAVY & set(done.stdout.split())


def test_collecting_garbage_is_no_part_of_the_import_of_pytorch():
    """At Python's own threshold it starts about 440 times, and takes a tenth of the time."""
    code = "import gc, dalsegno.training.train; print(sum(of['collections'] for of in gc.get_stats()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert int(done.stdout) < 50, done.stderr


def started(*words, **options):
    """Python with these words, which heeds Ctrl-C even where the tests run in the background and are started to ignore it."""
    return subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL), **options,
    )  # fmt: skip


@pytest.mark.parametrize("inside", ["time.sleep(1)", "__import__('slow')", "slow_end()"])
def test_ctrl_c_waits_for_the_end_of_an_import_or_a_finaliser(tmp_path, inside):
    """Within an import, C++ code makes an ImportError of it or aborts; within `__del__`, Python prints it and goes on."""
    wait = "print('begun', flush=True); time.sleep(1); print('whole')"
    (tmp_path / "slow.py").write_text(f"import time; {wait}")
    (tmp_path / "ends.py").write_text(f"import time\nclass slow_end:\n    def __del__(self): {wait}\n")
    code = f"import time; from ends import slow_end; from dalsegno.pipeline.cluster import ending; ending.interrupt_between_imports(); print('ready', flush=True); {inside}; time.sleep(9)"
    ran = started("-c", code, cwd=tmp_path)
    lines = [ran.stdout.readline() for _ in range(2 if "slow" in inside else 1)]
    ran.send_signal(signal.SIGINT)
    out, err = ran.communicate(timeout=8)
    assert lines[0] == "ready\n" and (out == "whole\n") == ("slow" in inside) and "KeyboardInterrupt" in err


@pytest.mark.parametrize(("place", "said"), [("top", ""), ("main", f"\nslow: {ending.STOPPED}\n")])
def test_ctrl_c_ends_a_stage_without_a_traceback_wherever_it_is(tmp_path, place, said):
    """At the top of its script, which imports for seconds, as in its `main`."""
    wait = "import time; print('ready', flush=True); time.sleep(9)"
    script = tmp_path / "stages/slow.py"
    script.parent.mkdir()
    script.write_text(
        f"import dalsegno\n{wait if place == 'top' else ''}\nfrom dalsegno.pipeline import stage\ndef main(): {wait}\nstage.run(main)\n"
    )
    ran = started("stages/slow.py", cwd=tmp_path)
    assert ran.stdout.readline() == "ready\n"
    ran.send_signal(signal.SIGINT)
    _, err = ran.communicate(timeout=8)
    assert (ran.returncode, err) == (130, said)
