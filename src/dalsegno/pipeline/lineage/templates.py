"""The templates of dvc.yaml, such as `cnn.${key}`, and the values that they name."""

import re
from functools import reduce
from typing import Any

NAMED = re.compile(r"\$\{([^}]+)\}")


def filled(template: str, scope: dict[str, Any]) -> str:
    """The template with each name replaced by its value."""
    return NAMED.sub(lambda name: str(looked_up(scope, name[1])), template)


def looked_up(scope: dict[str, Any], path: str) -> Any:
    """The value at a dotted path of nested mappings; None if there is none."""
    return reduce(lambda owner, name: owner.get(name) if isinstance(owner, dict) else None, path.split("."), scope)
