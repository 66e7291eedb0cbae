"""Outputs of entries that params.yaml no longer has."""

import re
from pathlib import Path
from typing import Any


def leftovers(address: str, stages: dict[str, Any], entries: dict[str, Any], lock: str) -> list[str]:
    """Outputs of entries that params.yaml no longer has, in folders on which the stage `address` depends as a whole.

    DVC leaves them, and takes the folder with them for another than that of a clone. stages: of dvc.yaml. entries:
    params.yaml. lock: the text of dvc.lock, which names all that was ever run; what it does not name, DVC has not made.
    """
    stage = stages.get(address.partition("@")[0], {})
    folders = [dep for dep in stage.get("do", stage).get("deps", []) if "$" not in dep]
    ever = [name for name in re.findall(r"^  (\w+)@([\w-]+):$", lock, re.M) if "foreach" in stages.get(name[0], {})]
    gone = [(family, key) for family, key in ever if key not in (entries.get(family) or {})]
    outs = [Path(out.replace("${key}", key)) for family, key in gone for out in stages[family]["do"]["outs"]]
    return [out.as_posix() for out in outs if out.exists() and any(out.is_relative_to(folder) for folder in folders)]
