"""Name the machine, and stop at once if a package or the GPU is missing.

python bench/gpu/machine.py pyproject.toml DEVICE
"""

import os
import platform
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

OPTIONAL = {"noisereduce", "ruamel.yaml.clib", "typst"}  # denoising, DVC's speed, the PDF: a run goes without


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


def main(pyproject, device):
    """Print a heading with GPU, cores and versions."""
    missing = dict(lacking(pyproject))
    if needed := [what for name, what in missing.items() if name not in OPTIONAL]:
        sys.exit(f"these packages are needed, among the wheels or in this Python: {', '.join(needed)}")
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        sys.exit("PyTorch finds no GPU here; DEVICE=cpu runs everything without one")
    gpu = torch.cuda.get_device_name() if device == "cuda" else "no GPU"
    print(f"## {gpu}, {os.cpu_count()} cores, Python {platform.python_version()}, torch {torch.__version__}")
    if missing:
        print(f"\nWithout {', '.join(missing)}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
