"""What it took to make what models are made from, such as features: a file apart, as no clock may change the bytes of an input."""

from pathlib import Path
from typing import Any

from dalsegno.artefacts.learning import json_file
from dalsegno.pipeline import environment


def write(path: str | Path, seconds: float | None, n_clips: int, **more: Any) -> None:
    """Write `s`, the wall-clock seconds of all clips, `clips`, their number, `ms_per_clip`, the machine, and `more`.

    seconds: None where they were not measured, and are left out.
    """
    took = {} if seconds is None else {"s": seconds, "ms_per_clip": 1000 * seconds / max(1, n_clips)}
    json_file.write(path, {"clips": n_clips} | took | more | environment.machine())


def read(costs_dir: str | Path, name: str) -> dict[str, Any]:
    """What `write` or a training wrote of the input `name`, such as spectrograms/logmel; empty where there is no such file."""
    path = Path(costs_dir, f"{name}.json")
    return json_file.read(path) if path.is_file() else {}
