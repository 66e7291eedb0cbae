"""Name the machine, and stop at once if a package or the GPU is missing; have all code read from disk before anything is timed.

python bench/gpu/machine.py pyproject.toml STAGES DEVICE
"""

import os
import platform
import runpy
import sys
import time
import tomllib
from importlib import import_module, metadata
from pathlib import Path

from packaging.requirements import Requirement

OPTIONAL = {"noisereduce", "optuna", "ruamel.yaml.clib", "typst"}  # denoising, the search, DVC's speed, the PDF


def lacking(pyproject):
    """The dependencies that are not installed as pyproject.toml asks."""
    for text in tomllib.loads(Path(pyproject).read_text(encoding="utf-8"))["project"]["dependencies"]:
        wanted = Requirement(text)
        try:
            installed = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            installed = None
        if installed is None or not wanted.specifier.contains(installed, prereleases=True):
            yield wanted.name, f"{wanted} (installed: {installed})"


def broken(folder):
    """What the stage scripts in `folder`, and DVC, import in vain, except what is optional: each once, and by whom."""
    errors = {}
    for name in ("dvc.repo.reproduce", *sorted(Path(folder).glob("*.py"))):
        try:
            runpy.run_path(str(name)) if isinstance(name, Path) else import_module(name)
        except ImportError as error:
            if error.name not in OPTIONAL:
                errors.setdefault(str(error), name)
    return [f"{error} ({name})" for error, name in errors.items()]


def trained(device):
    """Train a layer on `device`: what PyTorch needs for it are gigabytes, perhaps on a cold disk."""
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        sys.exit("PyTorch finds no GPU here; DEVICE=cpu runs everything without one")
    x = torch.randn(8, 16, 32, 32, device=device)
    with torch.autocast(device, torch.bfloat16):
        y = torch.nn.Conv2d(16, 16, 3, device=device)(x).flatten(1)
    (y.float() @ y.float().T).sum().backward()
    torch.fft.rfft(x).abs().sum().item()


def main(pyproject, stages, device):
    """Print a heading with GPU, cores and versions, what the run goes without, and how long all code took to be read."""
    began, missing = time.perf_counter(), dict(lacking(pyproject))
    needed = [what for name, what in missing.items() if name not in OPTIONAL]
    if needed := needed + broken(stages):
        sys.exit("these packages are needed, among the wheels or in this Python:\n" + "\n".join(needed))
    trained(device)
    import torch

    gpu = torch.cuda.get_device_name() if device == "cuda" else "no GPU"
    print(f"## {gpu}, {os.cpu_count()} cores, Python {platform.python_version()}, torch {torch.__version__}")
    if missing:
        print(f"\nWithout {', '.join(missing)}.")
    print(f"\nAll code was read after {time.perf_counter() - began:.1f} s, before anything was timed.")


if __name__ == "__main__":
    main(*sys.argv[1:])
