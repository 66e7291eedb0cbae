"""No stage waits for packages that only a choice nobody made would use: they take a third of a second to two seconds each."""

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
