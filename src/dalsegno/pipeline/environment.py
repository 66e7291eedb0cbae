"""The installed packages, held against versions.yaml: the versions that `dvc.yaml` names as inputs of each stage."""

import re
import sys
from importlib import metadata
from pathlib import Path

import yaml

FILE = "versions.yaml"
MODULES = {"pillow": "PIL", "pyyaml": "yaml", "scikit-learn": "sklearn"}
"""What is imported of a package that is installed under another name."""


def versions() -> dict[str, str]:
    """The installed version of each package in versions.yaml that this process has imported.

    Empty where there is no versions.yaml: outside the repository nothing is held against it.
    """
    return {name: metadata.version(name) for name in _listed() if module(name) in sys.modules}


def differences() -> list[str]:
    """What this process has imported at another version than versions.yaml names, e.g. `numpy 2.0.0 in place of 2.4.6`.

    A build such as 2.15.0+cpu is the version 2.15.0.
    """
    listed = _listed()
    return [
        f"{name} {version} in place of {listed[name]}"
        for name, version in versions().items()
        if version.split("+")[0] != listed[name].split("+")[0]
    ]


def module(package: str) -> str:
    """The module that `package` is imported as."""
    name = re.sub(r"[-_.]+", "-", package).lower()
    return MODULES.get(name, name.replace("-", "_"))


def _listed() -> dict[str, str]:
    path = Path(FILE)
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
