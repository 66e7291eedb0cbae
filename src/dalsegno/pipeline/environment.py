"""The installed packages, held against versions.yaml: the versions that `dvc.yaml` names as inputs of each stage."""

import os
import platform
import sys
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import yaml

FILE = "versions.yaml"
MODULES = {"pillow": "PIL", "pyyaml": "yaml", "scikit-learn": "sklearn"}
"""What is imported of a package that is installed under another name."""


def versions() -> dict[str, str]:
    """The installed version of each package that `dvc.yaml` names as an input of the running stage.

    Empty where no stage is running. An optional package that is not installed is left out.
    """
    return {name: version for name in _declared() if (version := _installed(name)) is not None}


def differences() -> list[str]:
    """What the running stage uses at another version than versions.yaml has, e.g. `numpy 2.0.0 in place of 2.4.6`.

    A build such as 2.15.0+cpu is the version 2.15.0.
    """
    installed = versions()
    wanted = read(FILE)
    return [
        f"{name} {version} in place of {wanted[name]}"
        for name, version in installed.items()
        if name in wanted and version.split("+")[0] != wanted[name]
    ]


def machine() -> dict[str, Any]:
    """What a run is timed on: the version of `python`, the name of the `processor`, and how many `cores` this process may use."""
    may_use = getattr(os, "sched_getaffinity", None)  # Linux
    n_cores = len(may_use(0)) if may_use else os.cpu_count()
    return {"python": platform.python_version(), "processor": _processor(), "cores": n_cores}


def _processor() -> str:
    """The name of the processor; where the system does not say it, that of its kind, such as x86_64."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines() if cpuinfo.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def peak_memory_mb() -> dict[str, float]:
    """`{"peak_memory_mb": …}`: the most memory that this process has held so far; empty where the system does not say."""
    try:
        resource = import_module("resource")  # not on Windows
    except ImportError:
        return {}
    per_mb = 1e6 if sys.platform == "darwin" else 1e6 / 1024  # macOS counts bytes, Linux KiB
    return {"peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / per_mb}


def read(path: str | Path) -> dict[str, Any]:
    """A YAML file of the project's own, such as dvc.yaml, as it is; empty where there is none."""
    if not Path(path).is_file():
        return {}
    return yaml.load(Path(path).read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}


def _declared() -> list[str]:
    """The packages under `params:` of the stage whose script is running; one on demand has a dvc.yaml of its own."""
    name = Path(sys.argv[0]).stem
    stages = (read(path).get("stages", {}) for path in ("dvc.yaml", f"{name}/dvc.yaml"))
    stage = next((there[name] for there in stages if name in there), {})
    entries = stage.get("do", stage).get("params", [])
    return [name for entry in entries if isinstance(entry, dict) for name in entry.get(FILE, [])]


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
