"""No stage waits for packages that only a choice nobody made would use: they take a third of a second to two seconds each."""

import signal
import subprocess
import sys

import pytest

UNUSED = {
    "clips": {"scipy.stats", "torch", "sklearn"},
    "spectrograms": {"torch", "sklearn", "matplotlib", "noisereduce"},
    "cnn": {"scipy.optimize", "scipy.stats", "sklearn", "librosa", "matplotlib", "torchvision"},
    "mlp": {"scipy.optimize", "scipy.stats", "sklearn", "librosa", "matplotlib", "torchvision"},
    "compare": {"scipy.optimize", "scipy.stats", "torch", "sklearn", "matplotlib"},
    "report": {"scipy.stats", "torch", "sklearn", "matplotlib"},
    "transfer": {"scipy.optimize", "scipy.stats", "sklearn", "librosa", "matplotlib", "torchvision"},
}


@pytest.mark.parametrize("stage", UNUSED)
def test_a_stage_imports_what_it_uses(stage):
    code = f"import sys\nsys.path.insert(0, 'stages')\nimport {stage}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not UNUSED[stage] & set(done.stdout.split())


@pytest.mark.parametrize("inside", ["time.sleep(1)", "__import__('slow')"])
def test_ctrl_c_waits_for_the_end_of_an_import(tmp_path, inside):
    """Within one, C++ code makes an ImportError of it or aborts."""
    (tmp_path / "slow.py").write_text("import time; print('begun', flush=True); time.sleep(1); print('whole')")
    code = f"import time; from dalsegno.pipeline.cluster import ending; ending.interrupt_between_imports(); print('ready', flush=True); {inside}; time.sleep(9)"
    ran = subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    lines = [ran.stdout.readline() for _ in range(2 if "slow" in inside else 1)]
    ran.send_signal(signal.SIGINT)
    out, err = ran.communicate(timeout=8)
    assert lines[0] == "ready\n" and (out == "whole\n") == ("slow" in inside) and "KeyboardInterrupt" in err
