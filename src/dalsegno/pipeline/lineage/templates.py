"""The templates of dvc.yaml, such as `cnn.${key}`, and the values that they name."""

import re
from functools import reduce
from typing import Any

NAMED = re.compile(r"\$\{([^}]+)\}")


def filled(template: str, scope: dict[str, Any]) -> str:
    """The template with each name replaced by its value."""
    return NAMED.sub(lambda name: str(looked_up(scope, name[1])), template)


def looked_up(scope: dict[str, Any], path: str) -> Any:
    """The value at a dotted path of nested mappings and lists, whose items numbers count; None if there is none."""
    return reduce(inside, path.split("."), scope)


def inside(owner: Any, step: str) -> Any:
    """What a mapping has under a key, or a list at a place; None if there is none."""
    if isinstance(owner, dict):
        return owner.get(step)
    at = int(step) if isinstance(owner, list | tuple) and step.isdecimal() else -1
    return owner[at] if 0 <= at < len(owner) else None
